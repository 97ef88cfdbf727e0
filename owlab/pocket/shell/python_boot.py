"""What a machine's python3 starts with, in a process of its own: it sees the machine's files only.

Read as text and run with ``python -I``; it may import nothing of owlab's.
"""

# pathlib would be loaded for nothing, and os is what is replaced here.
# ruff: noqa: PTH109, PTH118, PTH120, PTH123
from __future__ import annotations

import builtins
import io
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from typing import Any

ROOT = os.environ.pop("OWLAB_ROOT", "")
OWN = tuple(
    {os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__))}
    | {sys.prefix, sys.base_prefix, ROOT}
)
REFUSED: tuple[str, ...] = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
)
REFUSED += ("socket.connect", "socket.bind", "ctypes.dlopen", "pty.spawn")
PATHS = (
    "open listdir scandir stat lstat mkdir makedirs remove unlink rename replace rmdir access "
    "readlink chdir chmod utime truncate symlink"
)


def placed(path: object) -> Any:
    """Where a path of the machine is in this computer's directory for it."""
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if isinstance(path, str) and path.startswith("/") and not path.startswith(OWN):
        return ROOT + path
    return path


def mapped(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call whose path is one of the machine's."""

    def inner(path: object = ".", *rest: Any, **named: Any) -> Any:
        if call in TWO and rest:
            rest = (placed(rest[0]), *rest[1:])
        try:
            return call(placed(path), *rest, **named)
        except OSError as error:
            if isinstance(error.filename, str):
                error.filename = error.filename.removeprefix(ROOT)
            raise

    return inner


TWO: set[Callable[..., Any]] = {os.rename, os.replace, os.symlink}


def contain() -> None:
    """Every path is the machine's, and nothing else of this computer is reached."""
    real_open, real_cwd = io.open, os.getcwd
    builtins.open = io.open = mapped(real_open)
    for name in PATHS.split():
        setattr(os, name, mapped(getattr(os, name)))
    os.getcwd = lambda: real_cwd().removeprefix(ROOT) or "/"
    own = (*OWN, "/dev/null", "/dev/urandom")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in REFUSED:
            raise PermissionError(
                1, f"{event}: python3 of the pocket lab starts no programs and opens no sockets"
            )
        if event == "open" and isinstance(arguments[0], str):
            path = os.path.join(real_cwd(), arguments[0])
            if not os.path.normpath(path).startswith(own):
                raise PermissionError(13, "Permission denied", arguments[0])

    sys.addaudithook(watch)


def carry_out(words: list[str]) -> None:
    """``-c CODE``, ``-m MODULE``, a file, or what is on standard input."""
    while words and words[0] in ("-u", "-B", "-E", "-s", "-S", "-O", "-q", "-I", "-i"):
        words.pop(0)
    first = words[0] if words else "-"
    if first == "-c":
        sys.argv = ["-c", *words[2:]]
        sys.path.insert(0, "")
        scope = {"__name__": "__main__", "__builtins__": builtins}
        exec(compile(words[1], "<string>", "exec"), scope)
    elif first == "-m":
        sys.argv = words[1:]
        sys.path.insert(0, os.path.join(ROOT, os.getcwd().lstrip("/")))
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif first == "-":
        sys.argv = words or [""]
        scope = {"__name__": "__main__", "__builtins__": builtins}
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), scope)
    else:
        sys.argv = words
        sys.path.insert(0, os.path.dirname(placed(os.path.join(os.getcwd(), first))))
        with open(first, encoding="utf-8") as file:
            code = compile(file.read(), first, "exec")
        exec(code, {"__name__": "__main__", "__file__": first, "__builtins__": builtins})


def main() -> None:
    """Run, and show errors as if nothing of this were there."""
    contain()
    try:
        carry_out(sys.argv[1:])
    except Exception as error:
        told = traceback.TracebackException.from_exception(error)
        told.stack[:] = [frame for frame in told.stack if frame.filename != __file__]
        sys.stderr.write("".join(told.format()).replace(ROOT, ""))
        sys.exit(1)


if __name__ == "__main__":
    main()
