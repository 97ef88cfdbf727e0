"""Why the fleet refuses: the sentences are Multipass' own."""

from __future__ import annotations

from collections.abc import Iterable


class Refused(Exception):
    """Why something cannot be done to a machine; the command's name is put before it."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message, self.details = message, details


def several(lines: Iterable[str]) -> Refused:
    """The refusal of a command that takes several names."""
    return Refused("The following errors occurred:", "\n".join(lines))
