"""Who may read and write what, for the commands of bashkit that do not ask.

bashkit's files have modes that nobody looks at. In the system's directories these commands are
refused to those who forget ``sudo``, in their own words; elsewhere nothing is checked. A
redirection (``> /etc/x``) is the shell's own and cannot be refused here.

Commands that read standard input cannot be wrapped in a shell function: bashkit gives a function
nothing of a live pipe. So `cat` and `tee` are programs, and the others (`grep`, `head`) ask nobody.
"""

from __future__ import annotations

import posixpath

from owlab.pocket.programs.base import Call, program

SYSTEM = ("/boot", "/etc", "/mnt", "/opt", "/root", "/run", "/srv", "/usr", "/var")
FREE = ("/var/tmp", "/run/user")

WRITERS = {
    "mkdir": "mkdir: cannot create directory ‘{}’: Permission denied",
    "rmdir": "rmdir: failed to remove '{}': Permission denied",
    "rm": "rm: cannot remove '{}': Permission denied",
    "touch": "touch: cannot touch '{}': Permission denied",
    "chmod": "chmod: changing permissions of '{}': Operation not permitted",
}
COPIERS = {
    "cp": "cp: cannot create regular file '{}': Permission denied",
    "mv": "mv: cannot move '{}' to '{}': Permission denied",
    "ln": "ln: failed to create symbolic link '{}': Permission denied",
    "install": "install: cannot create regular file '{}': Permission denied",
}
READERS = ("ls",)
# Of these a file's directory must be writable, and not the file.
ENTRIES = {"mkdir", "rmdir", "rm"}

FUNCTIONS = "".join(
    f'{name}() {{ [ "$OWLAB_UID" = 0 ] || [ $# = 0 ] || __owlab_may {name} "$@" </dev/null || '
    f'return $?; builtin command {name} "$@"; }}; '
    for name in sorted([*WRITERS, *COPIERS])
)
"""Shell text that each shell of a machine starts with."""


@program("__owlab_may", machines="all")
async def may(call: Call) -> int:
    """``__owlab_may COMMAND WORDS...``: 0, or the command's complaint and its exit status."""
    name, words = call.argv[0], [w for w in call.argv[1:] if not w.startswith("-")]
    if name == "chmod":
        words = words[1:]
    denied = ""
    if name in READERS:
        denied = _unreadable(call, name, words)
    elif name in WRITERS:
        wrong = next((word for word in words if _refused(call, name, word)), None)
        denied = WRITERS[name].format(wrong) if wrong is not None else ""
    elif len(words) > 1:
        denied = _uncopyable(call, name, words)
    if not denied:
        return 0
    await call.err(f"{denied}\n")
    return 2 if name == "ls" else 1


def _unreadable(call: Call, name: str, words: list[str]) -> str:
    for word in words:
        path = call.path(word)
        if call.fs.exists(path) and not may_read(call, path):
            opened = f"cannot open directory '{word}'" if name == "ls" else word
            return f"{name}: {opened}: Permission denied"
    return ""


def _uncopyable(call: Call, name: str, words: list[str]) -> str:
    target = call.path(words[-1])
    if call.machine.listdir(target) is not None:
        target = posixpath.join(target, posixpath.basename(words[0].rstrip("/")))
    shown = words[-1] if target == call.path(words[-1]) else target
    sources = [word for word in words[:-1] if name == "mv" and _refused(call, "rm", word)]
    entry = "rm" if name in ("mv", "ln") else "cp"
    if sources or _refused(call, entry, target):
        form = COPIERS[name]
        return form.format(words[0], shown) if name == "mv" else form.format(shown)
    return ""


def _refused(call: Call, name: str, word: str) -> bool:
    path = call.path(word)
    if name in ENTRIES:
        if name == "mkdir" and call.fs.exists(path):
            return False  # mkdir says that it is there
        if not call.fs.exists(path) and name != "mkdir":
            return False if name != "rm" else not may_write(call, posixpath.dirname(path))
        path = posixpath.dirname(path)
    return not may_write(call, path)


def may_read(call: Call, path: str) -> bool:
    """The caller may read this path."""
    return not _guarded(call, path) or call.machine.readable(path, call.user)


def may_write(call: Call, path: str) -> bool:
    """The caller may write this path, or make it."""
    return not _guarded(call, path) or call.machine.writable(path, call.user)


def _guarded(call: Call, path: str) -> bool:
    """A system directory, and none that is another machine's."""
    inside = path + "/"
    if any(
        inside.startswith(f"{entry['target']}/") for entry in call.machine.state.get("mounts", [])
    ):
        return False
    if any(inside.startswith(f"{free}/") for free in FREE):
        return False
    return any(inside.startswith(f"{top}/") for top in SYSTEM)
