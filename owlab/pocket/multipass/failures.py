"""How a Multipass command fails: a text and an exit status."""

from __future__ import annotations

from collections.abc import Iterable

COMMAND_LINE, COMMAND_FAIL, TIMED_OUT = 1, 2, 5


class Failure(Exception):
    """A command that failed; the message is what goes to standard error."""

    def __init__(self, text: str, status: int = COMMAND_FAIL) -> None:
        super().__init__(text)
        self.text = text.rstrip("\n") + "\n"
        self.status = status


class Refused(Exception):
    """Why the service refused; the command's name is put before it."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message, self.details = message, details

    def failure(self, command: str) -> Failure:
        """As the command prints it."""
        return Failure(f"{command} failed: {self.message}\n{self.details}".rstrip("\n"))


def several(lines: Iterable[str]) -> Refused:
    """The refusal of a command that takes several names."""
    return Refused("The following errors occurred:", "\n".join(lines))


def usage(text: str) -> Failure:
    """A command line that cannot be."""
    return Failure(text, COMMAND_LINE)
