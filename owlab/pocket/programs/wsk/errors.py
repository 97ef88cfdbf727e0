"""What wsk refuses, and its exit statuses."""

from __future__ import annotations


class WskError(Exception):
    """A sentence for standard error, and the exit status."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.message, self.code = message, code


def invalid(message: str) -> WskError:
    """Wrong number of arguments."""
    return WskError(f"Invalid argument(s). {message}", 2)


def of_status(status: int) -> int:
    """The exit status of an HTTP error: what is left of it in eight bits."""
    return (status - 256) & 0xFF
