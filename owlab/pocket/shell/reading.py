"""What a shell has to know of a text before the interpreter reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bashkit import Bash, BashError

from owlab.pocket.machines.files import Files
from owlab.pocket.programs import snap
from owlab.pocket.programs.catalog import READERS
from owlab.pocket.programs.shells import ours
from owlab.pocket.programs.ubuntu_archive import ARCHIVE, PROVIDES
from owlab.pocket.shell.prelude import SHELL_PATHS


def unreadable(bash: Bash, files: Files, cwd: str, script: str) -> Iterator[str]:
    """Files that bashkit would read as its own, and that it should not, or not as they are."""
    try:
        commands = bash.analyze(script).commands
    except BashError:
        return
    for command in commands:
        name = command.name or ""
        if (
            "/" in name
            and name not in SHELL_PATHS
            and (name.endswith(".py") or ours(files, cwd, name, script))
        ):
            yield name


ASKED_FOR = re.compile(r"\b(?:command\s+-[vV]|type|alias|hash)\s([^;&|\n]*)")


def apart_from_input(script: str, known: set[str]) -> str:
    """What gives a script's input to those who read it.

    bashkit hands it to the first program of ours, and what that does not read is lost to the next.
    An alias, unlike a function, keeps pipes as they are.
    """
    words = set(re.findall(r"[\w.-]+", script))
    asked = set(" ".join(ASKED_FOR.findall(script)).split())
    names = sorted(words & known - READERS - asked)
    aliases = " ".join(f"{name}='{name} </dev/null'" for name in names)
    return f"shopt -s expand_aliases; alias {aliases}" if names else ":"


def brings(name: str) -> str:
    """How Ubuntu says that a missing program can be installed."""
    if name in snap.STORE:
        return f"sudo snap install {name}"
    known = PROVIDES.get(name) or (name if name in ARCHIVE else "")
    return f"sudo apt install {known}" if known else ""


def with_last_pid(text: str, pid: int | None) -> str:
    """``$!`` is what the shell's table of jobs started, which the interpreter does not know."""
    if pid is None or "$!" not in text:
        return text
    return re.sub(r"'[^']*'|\$!", lambda m: str(pid) if m[0] == "$!" else m[0], text)


def sized(size: tuple[int, int] | None) -> str:
    """The window's size as a script's first words, where it is known."""
    return f"COLUMNS={size[0]} LINES={size[1]}; " if size is not None else ""
