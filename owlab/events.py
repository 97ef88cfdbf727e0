"""What happens while steps run, as values. One stream, many viewers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from owlab.command import Variable

Kind = Literal[
    "step-started",  # a unit of work (step, machine) begins
    "step-skipped",  # its check said yes before anything was done; text says why
    "step-waiting",  # its commands ran, its check is not true yet; text says what is seen
    "step-done",  # its check is true; text says why
    "step-failed",  # text is the error
    "step-found",  # somebody asked, and it is done
    "step-missing",  # somebody asked, and it is not
    "command-started",
    "command-output",  # text is a piece of redacted output, whole lines
    "command-ended",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    :param step: a step's key such as ``k3s.join_workers``; empty outside a step.
    :param machine: where; ``host`` is the laptop.
    :param command: the command's text as typed, redacted.
    :param variables: what the command's text uses, and the commands that read it.
    :param text: output or a sentence, redacted.
    :param stream: ``stdout`` or ``stderr``, for output.
    :param exit_code: when a command ended.
    :param seconds: how long a command or step took, when it ended.
    """

    kind: Kind
    step: str = ""
    machine: str = ""
    command: str = ""
    text: str = ""
    stream: str = ""
    exit_code: int | None = None
    seconds: float | None = None
    variables: tuple[Variable, ...] = ()


Listener = Callable[[Event], None]
