"""`rsync`: what differs is copied, on one machine and between two over ssh."""

from __future__ import annotations

import fnmatch
import getopt
import posixpath
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, refuse
from owlab.pocket.programs.ssh import LETTERS, side
from owlab.pocket.programs.ssh_options import LoginSettings, settings

SYNTAX, PARTIAL, UNREACHED = 1, 23, 255
SHORT = "avrlptgoDznuhqPe:c"
LONG = ["archive", "verbose", "recursive", "links", "perms", "times", "group", "owner", "compress",
        "dry-run", "update", "human-readable", "quiet", "delete", "exclude=", "rsh=", "checksum",
        "progress", "mkpath", "partial", "stats", "chown="]  # fmt: skip
_LETTERS = {
    "archive": "a", "verbose": "v", "recursive": "r", "links": "l", "perms": "p", "times": "t",
    "group": "g", "owner": "o", "compress": "z", "dry-run": "n", "update": "u",
    "human-readable": "h", "quiet": "q", "rsh": "e", "checksum": "c", "partial": "P",
    "progress": "P",
}  # fmt: skip
END = "rsync error: some files/attrs were not transferred (see previous errors) (code 23)\n"


@dataclass
class RsyncRun:
    """Both sides, what is wanted, and what was done so far."""

    source: Files
    target: Files
    flags: set[str]
    excluded: list[str]
    told: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    sent: int = 0
    total: int = 0
    given_to: tuple[int, int] | None = None
    """Whose everything becomes (``--chown``)."""

    def has(self, letter: str) -> bool:
        """A flag was given, by itself or as one of ``-a``."""
        return letter in self.flags or (letter in "rlptgoD" and "a" in self.flags)

    @property
    def dry(self) -> bool:
        """Nothing is to be changed."""
        return "n" in self.flags


@program("rsync", machines="all")
async def rsync(call: Call) -> int:
    """``rsync [-avznu] [--delete] [--exclude P] SOURCE... TARGET``; a side may be HOST:PATH."""
    flags, excluded, login, words = _words(call.argv)
    owner = next((flag.partition("=")[2] for flag in flags if flag.startswith("chown=")), None)
    if len(words) < 2:
        raise Complaint("rsync: the pocket lab's rsync takes SOURCE... TARGET\n", SYNTAX)
    *sources, into = words
    if "P" in flags:
        await call.err("rsync: no progress to show: the pocket lab copies at once\n")
    if any(_is_far(word) for word in sources) and _is_far(into):
        raise Complaint("The source and destination cannot both be remote.\n", SYNTAX)
    target, where = await _opened(call, into, login)
    run = RsyncRun(call.fs, target, flags, excluded)
    if owner is not None:
        run.given_to = _numbers(call, owner, into)
    if run.has("v"):
        await call.out("sending incremental file list\n")
    for word in sources:
        run.source, path = await _opened(call, word, login)
        _one(run, word, path, where, into, len(sources) > 1)
    await _report(call, run)
    return PARTIAL if run.problems else 0


def _words(argv: list[str]) -> tuple[set[str], list[str], LoginSettings, list[str]]:
    try:
        given, words = getopt.gnu_getopt(argv, SHORT, LONG)
    except getopt.GetoptError as error:
        dashes = "--" if len(error.opt) > 1 else "-"
        raise Complaint(
            f"rsync: {dashes}{error.opt}: unknown option (of the pocket lab's rsync)\n"
            "rsync error: syntax or usage error (code 1)\n",
            SYNTAX,
        ) from None
    refuse("rsync", given, "stats", SYNTAX)
    flags: set[str] = set()
    excluded: list[str] = []
    login = LoginSettings()
    for name, value in given:
        plain = name.lstrip("-")
        letter = _LETTERS.get(plain, plain)
        if plain == "exclude":
            excluded.append(value)
        elif plain == "chown":
            flags.add(f"chown={value}")
        elif letter == "e":
            login = _login(value)
        else:
            flags.add(letter)
    return flags, excluded, login, words


def _numbers(call: Call, owner: str, into: str) -> tuple[int, int]:
    """The numbers of ``--chown``, which this machine knows."""
    if _is_far(into):
        raise Complaint("rsync: --chown only within one machine of the pocket lab\n", SYNTAX)
    try:
        return call.machine.accounts.numbers(owner)
    except KeyError as unknown:
        raise Complaint(f"rsync: unknown user or group: {unknown.args[0]}\n", SYNTAX) from None


def _login(shell: str) -> LoginSettings:
    """What ``-e "ssh -i KEY -p PORT"`` says."""
    words = shlex.split(shell)
    if words[:1] != ["ssh"]:
        raise Complaint(f"rsync: Failed to exec {shell}: No such file or directory (2)\n", 14)
    try:
        options, rest = getopt.getopt(words[1:], LETTERS)
    except getopt.GetoptError as error:
        raise Complaint(f"ssh: illegal option -- {error.opt}\n", UNREACHED) from None
    if rest:
        raise Complaint(f"rsync: -e: options of ssh only, not '{rest[0]}'\n", SYNTAX)
    refuse("ssh", options, "V", UNREACHED)
    return settings("ssh", options, UNREACHED)


def _is_far(word: str) -> bool:
    host, colon, _ = word.partition(":")
    return bool(colon) and "/" not in host


async def _opened(call: Call, word: str, login: LoginSettings) -> tuple[Files, str]:
    if "::" in word or word.startswith("rsync://"):
        raise Complaint("rsync: the pocket lab has no rsync daemons: use ssh, HOST:PATH\n", SYNTAX)
    try:
        return await side(call, word, login)
    except Complaint as complaint:
        raise Complaint(
            f"{complaint.text}rsync: connection unexpectedly closed (0 bytes received so far) "
            "[sender]\nrsync error: unexplained error (code 255)\n",
            UNREACHED,
        ) from None


def _one(run: RsyncRun, word: str, path: str, where: str, into: str, many: bool) -> None:
    try:
        inode = run.source.look(path, follow=word.endswith("/"))
    except OSError as error:
        run.problems.append(
            f'rsync: [sender] link_stat "{path}" failed: {error.strerror} ({error.errno})\n'
        )
        return
    folder = many or into.endswith("/") or run.target.is_directory(where)
    if inode.is_directory:
        if not run.has("r"):
            run.told.append(f"skipping directory {word.rstrip('/').rpartition('/')[2] or '.'}")
            return
        name = "" if word.endswith("/") else posixpath.basename(path)
        if not run.target.is_directory(where):
            run.told.insert(0, f"created directory {into.partition(':')[2] or into}")
        if not run.dry and not run.target.is_directory(where):
            run.target.mkdir(where, recursive="mkpath" in run.flags)
        _directory(run, path, posixpath.join(where, name) if name else where, name)
        return
    name = posixpath.basename(path)
    if folder and not run.dry and not run.target.is_directory(where):
        run.target.mkdir(where, recursive="mkpath" in run.flags)
    _entry(run, inode, path, posixpath.join(where, name) if folder else where, name)


def _directory(run: RsyncRun, path: str, where: str, shown: str) -> None:
    inode = run.source.look(path)
    there = run.target.is_directory(where)
    names = [str(entry["name"]) for entry in run.source.read_dir(path)]
    kept = [name for name in names if not _excluded(run, posixpath.join(shown, name), name)]
    changed = (
        not there
        or "delete" in run.flags
        or any(not run.target.exists(posixpath.join(where, name)) for name in kept)
    )
    if "delete" in run.flags and there:
        _delete(run, where, shown, set(kept))
    if changed:
        run.told.append(f"{shown}/" if shown else "./")
    if not there and not run.dry:
        run.target.mkdir(where)
    looked = [(name, run.source.look(posixpath.join(path, name), follow=False)) for name in kept]
    for name, entry in sorted(looked, key=lambda one: one[1].is_directory):
        inner = posixpath.join(path, name)
        goal = (posixpath.join(where, name), posixpath.join(shown, name))
        if entry.is_directory:
            _directory(run, inner, *goal)
        else:
            _entry(run, entry, inner, *goal)
    if not run.dry:
        _preserve(run, inode, where)


def _excluded(run: RsyncRun, shown: str, name: str) -> bool:
    for pattern in run.excluded:
        plain = pattern.strip("/")
        if fnmatch.fnmatchcase(shown if "/" in plain or pattern[0] == "/" else name, plain):
            return True
    return False


def _delete(run: RsyncRun, where: str, shown: str, kept: set[str]) -> None:
    for entry in run.target.read_dir(where):
        name = str(entry["name"])
        if name in kept or _excluded(run, posixpath.join(shown, name), name):
            continue
        path = posixpath.join(where, name)
        end = "/" if run.target.look(path, follow=False).is_directory else ""
        run.told.append(f"deleting {posixpath.join(shown, name)}{end}")
        if not run.dry:
            run.target.remove(path, recursive=True)


def _entry(run: RsyncRun, inode: Inode, path: str, where: str, shown: str) -> None:
    if inode.kind == "symlink":
        if not run.has("l"):
            run.told.append(f'skipping non-regular file "{shown}"')
            return
        if _link_of(run.target, where) == inode.target:
            return
        run.told.append(f"{shown} -> {inode.target}")
        if not run.dry:
            if _there(run.target, where):
                run.target.remove(where, recursive=True)
            run.target.symlink(inode.target, where)
        return
    run.total += inode.size
    if not _differs(run, inode, path, where):
        return
    try:
        content = run.source.read_file(path)
        if not run.dry:
            run.target.write_file(where, content)
            _preserve(run, inode, where, mode=True)
    except OSError as error:
        doing = "send_files failed to open" if error.filename == path else "mkstemp"
        run.problems.append(
            f'rsync: [sender] {doing} "{error.filename or path}": {error.strerror} '
            f"({error.errno})\n"
        )
        return
    run.told.append(shown)
    run.sent += len(content)


def _there(files: Files, path: str) -> bool:
    try:
        files.look(path, follow=False)
    except OSError:
        return False
    return True


def _link_of(files: Files, path: str) -> str:
    try:
        return files.read_link(path)
    except OSError:
        return ""


def _differs(run: RsyncRun, inode: Inode, path: str, where: str) -> bool:
    if not run.target.exists(where):
        return True
    there = run.target.look(where)
    if "u" in run.flags and there.modified > inode.modified:
        return False
    if "c" in run.flags:
        return run.source.read_file(path) != run.target.read_file(where)
    return there.size != inode.size or int(there.modified) != int(inode.modified)


def _preserve(run: RsyncRun, inode: Inode, where: str, mode: bool = False) -> None:
    if run.given_to is not None and run.target.who.is_root:
        run.target.chown(where, *run.given_to)
    elif run.has("o") and run.target.who.is_root:
        run.target.chown(where, inode.uid, inode.gid)
    if run.has("p"):
        run.target.chmod(where, inode.mode)
    elif mode:
        run.target.chmod(where, inode.mode & ~run.target.umask)
    if run.has("t"):
        run.target.touch(where, inode.modified)


def _lines(run: RsyncRun) -> Iterator[str]:
    for line in run.told:
        if run.has("v") or line.startswith("skipping"):
            yield f"{line}\n"


def _grouped(number: int) -> str:
    return f"{number:,}"


def _human(number: int) -> str:
    """``1.23K``, with thousands."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            return f"{number / size:.2f}{unit}"
    return str(number)


async def _report(call: Call, run: RsyncRun) -> None:
    if "q" not in run.flags:
        await call.out("".join(_lines(run)))
    await call.err("".join(run.problems))
    if run.has("v") and "q" not in run.flags:
        shown = _human if run.has("h") else _grouped
        cents = "" if run.has("h") and run.sent >= 1000 else ".00"
        speed = run.total / max(run.sent, 1)
        end = " (DRY RUN)" if run.dry else ""
        await call.out(
            f"\nsent {shown(run.sent)} bytes  received 0 bytes  "
            f"{shown(run.sent)}{cents} bytes/sec\n"
            f"total size is {shown(run.total)}  speedup is {speed:.2f}{end}\n"
        )
    if run.problems:
        await call.err(END)
