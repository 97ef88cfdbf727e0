"""Commands in machines that end themselves in time: signals do not reach a machine."""

from __future__ import annotations

import math
from collections.abc import Mapping

from owlab.command import Command
from owlab.errors import CommandTimeout
from owlab.machines.command_line import words_of
from owlab.redact import redact
from owlab.shell import Finished

SPARE_SECONDS = 30
"""How much longer is waited here than there, so that the machine tells of it."""

_TOO_LATE = (124, 137)


def limited(command: Command, values: Mapping[str, str]) -> list[str]:
    """The command's words, ended in the machine after its timeout."""
    seconds = max(1, math.ceil(command.timeout))
    return ["timeout", "-k", "5", str(seconds), *words_of(command, values)]


def refuse_late(command: Command, done: Finished, terminal: str) -> None:
    """Raise CommandTimeout for a command that was ended; ``terminal`` opens one on the machine."""
    if done.exit_code in _TOO_LATE and done.seconds >= command.timeout:
        raise CommandTimeout(
            brief=f"A command on {command.on} did not end within {command.timeout:.0f} s.",
            details=redact(f"{done.stdout}\n{done.stderr}".strip())[-2000:],
            resolution="It was ended in the machine. Raise the timeout, or look at what the "
            f"machine is doing: `{terminal}`.",
        )
