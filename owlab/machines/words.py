"""The words of a command, and running them on this process' own terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from owlab.command import Command


def words_of(command: Command, values: Mapping[str, str]) -> list[str]:
    """``env NAME=value bash -c TEXT``, for where the command belongs."""
    given = ["env", *(f"{name}={value}" for name, value in values.items())] if values else []
    return [*given, "bash", "-c", command.text]


def foreground(argv: Sequence[str]) -> int:
    """Run on this process' own terminal; returns the exit status."""
    return subprocess.run(list(argv), check=False).returncode
