"""The words of a command, and running them on this process' own terminal."""

from __future__ import annotations

import base64
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence

from owlab.command import Command

_SAME_EVERYWHERE = re.compile(r"[^'\\\n!]*")
"""What every shell reads the same way between single quotes."""


def words_of(command: Command, values: Mapping[str, str]) -> list[str]:
    """``env NAME=value bash -c TEXT``, for where the command belongs."""
    given = ["env", *(f"{name}={value}" for name, value in values.items())] if values else []
    return [*given, "bash", "-c", command.text]


def one_line(words: Sequence[str]) -> str:
    """The words as a line that any login shell hands on unchanged.

    fish has backslashes between single quotes, tcsh no newlines, and dash does not know ``$'...'``.
    What they would read differently is packed, and unpacked by bash.
    """
    line = shlex.join(words)
    if all(_SAME_EVERYWHERE.fullmatch(word) for word in words):
        return line
    packed = base64.b64encode(f"exec {line}".encode()).decode()
    return f"bash -c 'eval \"$(echo {packed} | base64 -d)\"'"


def foreground(argv: Sequence[str]) -> int:
    """Run on this process' own terminal; returns the exit status."""
    return subprocess.run(list(argv), check=False).returncode
