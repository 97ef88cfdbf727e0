"""`/bin/bash` and `/bin/sh` by their path: a shell of its own, which reads what it is given."""

from __future__ import annotations

import asyncio
import functools
import posixpath
import shlex

from owlab.pocket.bash.extra_streams import APART, BEGIN, TURN
from owlab.pocket.bash.menus import MENU, shown
from owlab.pocket.bash.rewriting import EXTENDED, for_child, for_session, suspect
from owlab.pocket.bash.terminal_reads import asking
from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import EXECUTE
from owlab.pocket.machines.views import ShellView, ShellWanted
from owlab.pocket.machines.visits import pid_of
from owlab.pocket.programs.base import Call, load_programs, program
from owlab.pocket.programs.catalog import BOTH, BUILTINS, PLAIN, READERS

MEANWHILE = 0.003
"""Seconds that it takes."""


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
    # bashkit leaves a first line `#!...` out of its count.
    if asks or text.startswith("#!") or EXTENDED.search(text):
        return True
    return bool(interpreter_of(files, cwd, name)) or for_child(text, 2) != text


def at_terminal(script: str, session: ShellView | None, *, shows: bool = False) -> str:
    """The script as it was written, with questions where the shell is at a terminal.

    :param shows: what it prints goes there as well.
    """
    if session is None or session.keyboard is None:
        return script
    return asking(shown(script) if MENU.search(script) else script, *_who_asks(), shows=shows)


@functools.cache
def _who_asks() -> tuple[frozenset[str], frozenset[str]]:
    readers = READERS | {"bash", "sh", "rm", "cp", "mv", "ln"}
    return readers, frozenset({*PLAIN, *BUILTINS, *BOTH, *load_programs()}) - readers


def child_of(call: Call) -> ShellView:
    """A shell of its own for a program, which ends with the one that it was started from."""
    return call.machine.session(
        user=call.user, cwd=call.cwd, env=call.env, umask=call.fs.umask, parent=call.session
    )


def opened_shell(
    call: Call, user: str, *, login: bool, home: bool, env: dict[str, str] | None = None
) -> bool:
    """Open another user's shell where the program stands at a terminal; False elsewhere.

    :param home: it begins in the user's home, and not here.
    """
    shell = call.session
    while shell is not None and shell.switch is None:
        shell = shell.parent
    if shell is None or shell.switch is None or not isinstance(call.reader, KeyboardReader):
        return False
    cwd = None if home else call.cwd
    shell.switch(ShellWanted(call.machine.name, user, cwd, login=login, env=env or {}))
    return True


@program("__owlab_inner", machines="all")
async def inner(call: Call) -> int:
    """A shell within the shell, at the terminal; ``1`` for one that logs in."""
    login = call.argv == ["1"]
    return 0 if opened_shell(call, call.user, login=login, home=False, env=call.env) else 1


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


@program(APART, machines="all")
async def apart(call: Call) -> int:
    """A child's script in a session of its own, with the options of the shell that runs it."""
    options, script, *words = call.argv
    flags = "".join(letter for letter in options if letter in "eux")
    session = child_of(call)
    text = shlex.quote(for_session(script, pid_of(session)))
    line = f"command bash {f'-{flags}' if flags else ''} -c {BEGIN}{text} {shlex.join(words)}"
    return await session.run(line, call.out, call.err, stdin=call.reader)


@program(TURN, machines="all")
async def turn(call: Call) -> int:
    """Let the interpreter hand over what it has printed; the status is that before."""
    await asyncio.sleep(MEANWHILE)
    return int(call.argv[0])
