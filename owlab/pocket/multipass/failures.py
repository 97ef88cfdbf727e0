"""How a Multipass command fails: a text and an exit status."""

from __future__ import annotations

from owlab.pocket.machines.refusals import Refused

COMMAND_LINE, COMMAND_FAIL, TIMED_OUT = 1, 2, 5


class Failure(Exception):
    """A command that failed; the message is what goes to standard error."""

    def __init__(self, text: str, status: int = COMMAND_FAIL) -> None:
        super().__init__(text)
        self.text = text.rstrip("\n") + "\n"
        self.status = status


def failure_of(refused: Refused, command: str) -> Failure:
    """A refusal of the service, as the command prints it."""
    return Failure(f"{command} failed: {refused.message}\n{refused.details}".rstrip("\n"))


def usage(text: str) -> Failure:
    """A command line that cannot be."""
    return Failure(text, COMMAND_LINE)
