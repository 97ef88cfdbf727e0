"""`/bin/bash` and `/bin/sh` by their path: a shell of its own, which reads what it is given."""

from __future__ import annotations

import functools
import posixpath
import shlex

from owlab.pocket.bash.asking import asking
from owlab.pocket.bash.menus import MENU, shown
from owlab.pocket.bash.rewritten import rewritten, suspect
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import EXECUTE
from owlab.pocket.machines.views import ShellView
from owlab.pocket.programs.base import Call, load_programs, program
from owlab.pocket.programs.catalog import BOTH, BUILTINS, PLAIN, READERS


def interpreter_of(files: Files, cwd: str, name: str) -> list[str]:
    """What the first line of a file names, unless it is a shell; empty where there is none."""
    try:
        first = files.read_file(posixpath.join(cwd, name)).partition(b"\n")[0]
    except OSError:
        return []
    if not first.startswith(b"#!"):
        return []
    words = first[2:].decode(errors="replace").split()
    if words and words[0].endswith("/env"):
        words = [word for word in words[1:] if not word.startswith("-")]
    shell = not words or words[0].rpartition("/")[2] in ("bash", "sh", "dash")
    return [] if shell else words


def ours(files: Files, cwd: str, name: str, script: str, asks: bool = False) -> bool:
    """A file is not for bashkit to run by itself: another program's, or one to be rewritten.

    :param asks: it may ask at a terminal.
    """
    try:
        text = files.read_file(posixpath.join(cwd, name)).decode()
    except (OSError, UnicodeDecodeError):
        # The same script may make it, or go to where it is.
        return suspect(script) and not files.exists(posixpath.join(cwd, name))
    return asks or bool(interpreter_of(files, cwd, name)) or rewritten(text) != text


def prepared(script: str, session: ShellView | None) -> str:
    """A script for a shell like this one: with questions where it is at a terminal."""
    return at_terminal(rewritten(script), session)


def at_terminal(script: str, session: ShellView | None) -> str:
    """The script as it was written, with questions where the shell is at a terminal."""
    if session is None or session.keyboard is None:
        return script
    return asking(shown(script) if MENU.search(script) else script, *_who_asks())


@functools.cache
def _who_asks() -> tuple[frozenset[str], frozenset[str]]:
    readers = READERS | {"bash", "sh", "rm", "cp", "mv"}
    return readers, frozenset({*PLAIN, *BUILTINS, *BOTH, *load_programs()}) - readers


def child_of(call: Call) -> ShellView:
    """A shell of its own for a program, which ends with the one that it was started from."""
    return call.machine.session(
        user=call.user, cwd=call.cwd, env=call.env, umask=call.fs.umask, parent=call.session
    )


@program("__owlab_script", machines="all")
async def script(call: Call) -> int:
    """Run a file by its path, as its first line says."""
    path = call.path(call.name)
    try:
        inode = call.fs.look(path)
    except OSError as error:
        await call.err(f"bash: {call.name}: {error.strerror}\n")
        return 127
    if inode.is_directory or not inode.allows(call.fs.who, EXECUTE):
        reason = "Is a directory" if inode.is_directory else "Permission denied"
        await call.err(f"bash: {call.name}: {reason}\n")
        return 126
    words = interpreter_of(call.fs, call.cwd, call.name)
    if words and not call.fs.exists(words[0]) and "/" in words[0]:
        await call.err(f"bash: {call.name}: cannot execute: required file not found\n")
        return 127
    session = child_of(call)
    line = shlex.join([*(words or ["bash"]), call.name, *call.argv])
    return await session.run(line, call.out, call.err, stdin=call.reader)


@program("__owlab_shell", machines="all")
async def shell(call: Call) -> int:
    """Run the shell's words, or a script on standard input, as `bash` does by its name."""
    session = child_of(call)
    name = "sh" if call.name in ("sh", "dash") else "bash"
    script = shlex.join([name, *call.argv])
    return await session.run(script, call.out, call.err, stdin=call.reader)
