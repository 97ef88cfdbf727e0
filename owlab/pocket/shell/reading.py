"""What a shell has to know of a text before the interpreter reads it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bashkit import Bash, BashError

from owlab.pocket.machines import snaps
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import EXECUTE
from owlab.pocket.machines.ubuntu_archive import ARCHIVE, PROVIDES
from owlab.pocket.programs.catalog import READERS
from owlab.pocket.programs.shells import ours
from owlab.pocket.shell.prelude import SHELL_PATHS

if TYPE_CHECKING:
    from owlab.pocket.shell.shell_session import ShellSession

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
CLOSED_DOOR = re.compile(rb"((?:cd|pushd): )(.+)(: No such file or directory)")


def unreadable(bash: Bash, files: Files, cwd: str, script: str, asks: bool) -> Iterator[str]:
    """Files that bashkit would read as its own, and that it should not, or not as they are.

    :param asks: they may ask at a terminal.
    """
    try:
        commands = bash.analyze(script).commands
    except BashError:
        return
    for command in commands:
        name = command.name or ""
        if (
            "/" in name
            and name not in SHELL_PATHS
            and (name.endswith(".py") or ours(files, cwd, name, script, asks))
        ):
            yield name


INTERACTIVE = re.compile(r"\b(rm|cp|mv|ln)\s+(?:[^\s;&|<>()]+\s+)*(?:-[a-zA-Z]*[iI]|--interactive)")
"""They read only where they ask."""
ASKED_FOR = re.compile(r"\b(?:command\s+-[vV]|type|alias|hash)\s([^;&|\n]*)")


def apart_from_input(script: str, known: set[str]) -> str:
    """What gives a script's input to those who read it.

    bashkit hands it to the first program of ours, and what that does not read is lost to the next.
    An alias, unlike a function, keeps pipes as they are.
    """
    words = set(re.findall(r"[\w.-]+", script))
    asked = set(" ".join(ASKED_FOR.findall(script)).split())
    asking = set(INTERACTIVE.findall(script))
    names = sorted(words & known - READERS - asked - asking)
    aliases = " ".join(f"{name}='{name} </dev/null'" for name in names)
    return f"shopt -s expand_aliases; alias {aliases}" if names else ":"


def brings(name: str) -> str:
    """How Ubuntu says that a missing program can be installed."""
    if name in snaps.STORE:
        return f"sudo snap install {name}"
    known = PROVIDES.get(name) or (name if name in ARCHIVE else "")
    return f"sudo apt install {known}" if known else ""


def facts_of(session: ShellSession) -> dict[str, str]:
    """What an interactive shell's parameters are, which the interpreter does not know."""
    facts = {
        "$": str(session.pid),
        "BASHPID": str(session.pid),
        "PPID": str(session.parent_pid),
        "0": "-bash" if session.login else "bash",
        "-": "himBHs" + session.options,
    }
    if session.jobs.last_pid is not None:
        facts["!"] = str(session.jobs.last_pid)
    return facts


def environment(user: str, home: str) -> dict[str, str]:
    """What every shell of a user is given."""
    return {
        "HOME": home,
        "USER": user,
        "LOGNAME": user,
        "SHELL": "/bin/bash",
        "PATH": PATH,
        "LANG": "C.UTF-8",
    }


def sized(size: tuple[int, int] | None) -> str:
    """The window's size as a script's first words, where it is known."""
    return f"COLUMNS={size[0]} LINES={size[1]}; " if size is not None else ""


def closed_doors(errors: bytes, all_files: Files, files: Files, cwd: str) -> bytes:
    """Errors with the reason why one cannot go somewhere: bashkit knows one reason only.

    :param all_files: as root sees them.
    :param files: as the user does.
    """

    def reason(found: re.Match[bytes]) -> bytes:
        path = posixpath.join(cwd, found[2].decode(errors="replace"))
        closed = all_files.exists(path) and not files.allows(path, EXECUTE)
        return found[1] + found[2] + (b": Permission denied" if closed else found[3])

    return CLOSED_DOOR.sub(reason, errors)


def problem_of(bash: Bash, script: str) -> str | None:
    """What is wrong with a script's grammar, or None."""
    try:
        bash.analyze(script)
    except BashError as error:
        return str(error)
    return None
