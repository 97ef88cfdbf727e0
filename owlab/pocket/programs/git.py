"""`git`, as far as the course needs it: clone what the map holds, and look at it.

A clone is the repository's files and a small ``.git`` that says where they came from; there is
one commit, because that is what the map holds.

No `dulwich`: it keeps repositories in directories of the computer, and a machine's files are the
lab's own; for one commit it would be more code around it than this is.
"""

from __future__ import annotations

import getopt
import posixpath
import re

from owlab.pocket.ground import internet
from owlab.pocket.ground.internet import Repository
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.git_config import config
from owlab.pocket.programs.options import Complaint

HELP = """\
usage: git [-C <path>] <command> [<args>]

The pocket lab knows: branch, checkout, clone, config, fetch, help, log, ls-files, ls-remote,
pull, remote, reset, rev-parse, show, status, switch, version
"""
_ONE_COMMIT = r"--oneline|--(format|pretty)=(oneline|%H)|-s|--no-patch|HEAD|BRANCH"
_COUNT = r"-n|-n?[1-9]\d*|[1-9]\d*"
_QUIET = "-q|--quiet"
_WORDS = {
    **dict.fromkeys(("checkout", "switch"), rf"{_QUIET}|[^-].*"),
    "reset": rf"{_QUIET}|--hard|HEAD|BRANCH",
    "rev-parse": "--show-toplevel|--abbrev-ref|--short|HEAD|BRANCH",
    **dict.fromkeys(("log", "show"), f"{_ONE_COMMIT}|{_COUNT}"),
    "status": "-s|--short|--porcelain|--long",
    "branch": "--list|--show-current",
    "remote": "-v|--verbose|get-url|origin",
    "pull": rf"{_QUIET}|--ff-only|--rebase|origin|BRANCH",
    "fetch": rf"{_QUIET}|--all|-p|--prune|--tags|-t|origin|BRANCH",
    **dict.fromkeys(("ls-files", "ls-remote"), "[^-].*"),
}
"""What may follow a verb; BRANCH is the one that there is."""
LATER = (
    "git: '{verb}' is not part of the pocket lab: it knows clone, checkout, log, status and show"
)


@program("git", machines="all")
async def git(call: Call) -> int:
    """``clone URL [DIRECTORY]``; in a clone ``status``, ``log``, ``show``, ``checkout``, ``reset``,
    ``branch``, ``remote``, ``pull`` and others; ``-C DIRECTORY`` before them."""
    words, folder = list(call.argv), call.cwd
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "-C" and words:
            folder = call.path(posixpath.join(folder, words.pop(0)))
            if not call.fs.exists(folder):
                await call.err(f"fatal: cannot change to '{folder}': No such file or directory\n")
                return 128
        elif option == "-c" and words:
            await call.err(f"git: -c {words[0]} is not part of the pocket lab's git\n")
            return 129
        elif option in ("--version", "-v"):
            await call.out("git version 2.43.0.pocket\n")
            return 0
        elif option not in ("--no-pager", "-P"):
            await call.err(f"unknown option: {option}\n")
            return 129
    verb, rest = (words[0] if words else "help"), words[1:]
    if verb == "help":
        await call.out(HELP)
        return int(not words)
    if verb == "version":
        await call.out("git version 2.43.0.pocket\n")
        return 0
    if verb == "config":
        at = _root(call, folder)
        return await config(call, rest, f"{at}/.git/config" if at is not None else None)
    if verb == "clone":
        return await _clone(call, rest, folder)
    if verb == "ls-remote":
        return await _ls_remote(call, rest)
    if verb == "init":
        await call.err(LATER.format(verb=verb) + "\n")
        return 1
    root = _root(call, folder)
    if root is None:
        await call.err("fatal: not a git repository (or any of the parent directories): .git\n")
        return 128
    remote = (call.read(f"{root}/.git/owlab-remote") or b"").decode()
    repository = internet.repository(remote)
    if repository is None:
        await call.err(f"fatal: {root}/.git was not made by the pocket lab's git\n")
        return 128
    return await _inside(call, repository, root, verb, rest)


NO_NAME = "Temporary failure in name resolution"
NO_ACCESS = (
    "fatal: Could not read from remote repository.\n\n"
    "Please make sure you have the correct access rights\nand the repository exists.\n"
)
GIT_PROTOCOL_IS_GONE = (
    "fatal: remote error: \n"
    "  The unauthenticated git protocol on port 9418 is no longer supported.\n"
    "Please see https://github.blog/2021-09-01-improving-git-protocol-security-github/ for more "
    "information.\n"
)
"""GitHub's own answer, since March 2022."""


async def _clone(call: Call, words: list[str], folder: str) -> int:
    long = ["branch=", "depth=", "single-branch", "quiet", "recursive", "recurse-submodules"]
    long += [
        "no-tags",
        "filter=",
        "origin=",
        "verbose",
        "progress",
        "no-single-branch",
        "no-checkout",
    ]
    try:
        options, names = getopt.gnu_getopt(words, "b:qvo:j:", long)
    except getopt.GetoptError as error:
        await call.err(f"error: unknown option `{error.opt}'\n")
        return 129
    given = dict(options)
    for name in ("-o", "--origin", "--no-checkout"):
        if name in given:
            await call.err(f"git: clone {name} is not part of the pocket lab's git\n")
            return 129
    quiet = bool({"-q", "--quiet"} & set(given))
    if not names:
        await call.err("fatal: You must specify a repository to clone.\n")
        return 128
    url = names[0]
    name = names[1] if len(names) > 1 else re.sub(r"\.git$", "", url.rstrip("/").split("/")[-1])
    target = call.path(posixpath.join(folder, name))
    if call.machine.listdir(target) or (call.fs.exists(target) and not _directory(call, target)):
        await call.err(
            f"fatal: destination path '{name}' already exists and is not an empty directory.\n"
        )
        return 128
    if not quiet:
        await call.err(f"Cloning into '{name}'...\n")
    repository = internet.repository(url)
    if repository is None:
        await call.err(_not_found(url))
        return 128
    branch = given.get("-b") or given.get("--branch")
    if branch and branch != repository.branch:
        await call.err(
            f"warning: Could not find remote branch {branch} to clone.\n"
            f"fatal: Remote branch {branch} not found in upstream origin\n"
        )
        return 128
    await call.clock.pause(6)
    files = repository.files()
    if not quiet:
        count = len(files)
        await call.err(
            f"remote: Enumerating objects: {count}, done.\nremote: Counting objects: 100% "
            f"({count}/{count}), done.\nremote: Total {count} (delta 0), reused {count} (delta 0)\n"
            f"Receiving objects: 100% ({count}/{count}), done.\n"
        )
    _write_tree(call, repository, target)
    return 0


def _write_tree(call: Call, repository: Repository, target: str) -> None:
    made: set[str] = set()
    tree = {
        **repository.files(),
        ".git/HEAD": f"ref: refs/heads/{repository.branch}\n".encode(),
        f".git/refs/heads/{repository.branch}": f"{repository.commit}\n".encode(),
        ".git/owlab-remote": repository.url.encode(),
        ".git/config": f'[remote "origin"]\n\turl = {repository.url}\n'.encode(),
    }
    for path, content in tree.items():
        full = posixpath.join(target, path)
        parent = posixpath.dirname(full)
        if parent not in made:
            call.fs.mkdir(parent, recursive=True)
            made.add(parent)
        call.fs.write_file(full, content)
    call.machine.save()


def _not_found(url: str) -> str:
    by_key = re.match(r"(?:ssh://)?([\w.-]+@([\w.-]+))[:/]", url)
    if by_key is not None and by_key[2] in internet.hosts():
        return f"{by_key[1]}: Permission denied (publickey).\n{NO_ACCESS}"
    if by_key is not None:
        return f"ssh: Could not resolve hostname {by_key[2]}: {NO_NAME}\n{NO_ACCESS}"
    if url.startswith("git://github.com/"):
        return GIT_PROTOCOL_IS_GONE
    found = re.match(r"(?:https?|git)://(?:[^@/]*@)?([^/:]+)", url)
    if found is None:
        return f"fatal: repository '{url}' does not exist\n"
    host = found[1]
    if host in internet.hosts():
        return (
            f"remote: Repository not found.\nfatal: repository '{url}/' not found\n"
            "(owlab: the pocket lab's map of the internet holds one repository: "
            f"{internet.CHART_REPOSITORY}.git)\n"
        )
    return f"fatal: unable to access '{url}/': Could not resolve host: {host}\n"


async def _ls_remote(call: Call, words: list[str]) -> int:
    refuse_words("ls-remote", words)
    names = [word for word in words if not word.startswith("-")]
    repository = internet.repository(names[0]) if names else None
    if repository is None:
        await call.err(_not_found(names[0]) if names else "fatal: no remote configured\n")
        return 128
    await call.out(f"{repository.commit}\tHEAD\n")
    await call.out(f"{repository.commit}\trefs/heads/{repository.branch}\n")
    return 0


SHORT = {"-s", "--short", "--porcelain"}
QUIET = {"-q", "--quiet"}


def refuse_words(verb: str, words: list[str], branch: str = "") -> None:
    """Raise :class:`Complaint` for what the verb knows elsewhere, or nowhere."""
    known = _WORDS.get(verb, ".*").replace("BRANCH", re.escape(branch))
    for word in words[: words.index("--")] if "--" in words else words:
        if not re.fullmatch(known, word):
            raise Complaint(f"git: {verb} {word} is not part of the pocket lab's git\n", 129)


async def _inside(
    call: Call, repository: Repository, root: str, verb: str, words: list[str]
) -> int:
    names = [word for word in words if not word.startswith("-")]
    if verb == "reset" and "--hard" not in words:
        # It would leave the files as they are, and nothing is staged here.
        raise Complaint("git: reset without --hard is not part of the pocket lab's git\n", 129)
    refuse_words(verb, words, repository.branch)
    commit, short = repository.commit, repository.commit[:7]
    head = f"{root}/.git/HEAD"
    detached = not (call.read(head) or b"").startswith(b"ref:")
    match verb:
        case "checkout" | "switch" | "reset":
            return await _checkout(call, repository, root, verb, words)
        case "rev-parse":
            if "--show-toplevel" in words:
                await call.out(f"{root}\n")
            elif "--abbrev-ref" in words:
                await call.out("HEAD\n" if detached else f"{repository.branch}\n")
            else:
                await call.out((short if "--short" in words else commit) + "\n")
            return 0
        case "log" | "show":
            if "--oneline" in words or "--format=oneline" in words:
                await call.out(f"{short} {repository.subject}\n")
            elif {"--format=%H", "--pretty=%H"} & set(words):
                await call.out(f"{commit}\n")
            else:
                when = repository.date.strftime("%a %b %d %H:%M:%S %Y %z")
                await call.out(
                    f"commit {commit}\nAuthor: {repository.author}\nDate:   {when}\n\n"
                    f"    {repository.subject}\n"
                )
            return 0
        case "status":
            return await _status(call, repository, root, detached, bool(SHORT & set(words)))
        case "branch":
            if "--show-current" in words:
                await call.out("" if detached else f"{repository.branch}\n")
                return 0
            current = f"* (HEAD detached at {short})\n  " if detached else "* "
            await call.out(f"{current}{repository.branch}\n")
            return 0
        case "remote":
            if "get-url" in words:
                await call.out(f"{repository.url}\n")
            elif {"-v", "--verbose"} & set(words):
                for way in ("fetch", "push"):
                    await call.out(f"origin\t{repository.url} ({way})\n")
            else:
                await call.out("origin\n")
            return 0
        case "pull" | "fetch":
            quiet = verb == "fetch" or QUIET & set(words)
            await call.out("" if quiet else "Already up to date.\n")
            return 0
        case "ls-files":
            wanted = [f for f in sorted(repository.files()) if not names or f in names]
            await call.out("".join(f"{file}\n" for file in wanted))
            return 0
    await call.err(LATER.format(verb=verb) + "\n")
    return 1


async def _checkout(
    call: Call, repository: Repository, root: str, verb: str, words: list[str]
) -> int:
    names = [word for word in words if not word.startswith("-")]
    wanted = names[0] if names else repository.branch
    quiet = bool(QUIET & set(words))
    short = repository.commit[:7]
    if "--" in words or verb == "reset" or wanted in repository.files():
        # Files back to what the commit holds.
        for path, content in repository.files().items():
            if verb == "reset" or not names or path in names or "." in names:
                call.fs.mkdir(posixpath.dirname(f"{root}/{path}"), recursive=True)
                call.fs.write_file(f"{root}/{path}", content)
        if verb == "reset" and not quiet:
            await call.out(f"HEAD is now at {short} {repository.subject}\n")
        return 0
    is_commit = len(wanted) >= 4 and repository.commit.startswith(wanted)
    if not is_commit and wanted not in (repository.branch, f"origin/{repository.branch}"):
        if re.fullmatch(r"[0-9a-f]{40}", wanted):
            await call.err(f"fatal: unable to read tree ({wanted})\n")
            return 128
        await call.err(f"error: pathspec '{wanted}' did not match any file(s) known to git\n")
        return 1
    detached = not (call.read(f"{root}/.git/HEAD") or b"").startswith(b"ref:")
    head = f"{repository.commit}\n" if is_commit else f"ref: refs/heads/{repository.branch}\n"
    call.fs.write_file(f"{root}/.git/HEAD", head.encode())
    if not quiet:
        await call.err(
            f"Note: switching to '{wanted}'.\n\nYou are in 'detached HEAD' state.\n\n"
            f"HEAD is now at {short} {repository.subject}\n"
            if is_commit
            else f"Previous HEAD position was {short} {repository.subject}\n"
            f"Switched to branch '{repository.branch}'\n"
            if detached
            else f"Already on '{repository.branch}'\n"
        )
        if not is_commit:
            await call.out(f"Your branch is up to date with 'origin/{repository.branch}'.\n")
    return 0


async def _status(
    call: Call, repository: Repository, root: str, detached: bool, porcelain: bool
) -> int:
    files = repository.files()
    changed = []
    for path, content in sorted(files.items()):
        now = call.read(f"{root}/{path}")
        if now != content:
            changed.append(("D" if now is None else "M", path))
    if porcelain:
        await call.out("".join(f" {mark} {path}\n" for mark, path in changed))
        return 0
    where = (
        f"HEAD detached at {repository.commit[:7]}"
        if detached
        else f"On branch {repository.branch}\n"
        f"Your branch is up to date with 'origin/{repository.branch}'.\n"
    )
    await call.out(where + "\n")
    if not changed:
        await call.out("nothing to commit, working tree clean\n")
        return 0
    removes = "add/rm" if any(mark == "D" for mark, _ in changed) else "add"
    await call.out(
        "Changes not staged for commit:\n"
        f'  (use "git {removes} <file>..." to update what will be committed)\n'
        '  (use "git restore <file>..." to discard changes in working directory)\n'
    )
    for mark, path in changed:
        await call.out(f"\t{'deleted: ' if mark == 'D' else 'modified:'}   {path}\n")
    await call.out('\nno changes added to commit (use "git add" and/or "git commit -a")\n')
    return 0


def _directory(call: Call, path: str) -> bool:
    return bool(call.fs.stat(path)["file_type"] == "directory")


def _root(call: Call, folder: str) -> str | None:
    """The nearest directory at or above ``folder`` that is a clone."""
    while True:
        if call.fs.exists(posixpath.join(folder, ".git")):
            return folder
        if folder == "/":
            return None
        folder = posixpath.dirname(folder)
