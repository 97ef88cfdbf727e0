"""What wsk refuses, and its exit statuses."""

from __future__ import annotations

USAGE = "Run 'wsk --help' for usage.\n"
GENERAL, BAD_USAGE, NETWORK, NOT_ALLOWED = 1, 2, 3, 149


class WskError(Exception):
    """A sentence for standard error, the exit status, and whether to point at the help."""

    def __init__(self, message: str, code: int = GENERAL, *, usage: bool = True) -> None:
        super().__init__(message)
        self.message, self.code, self.usage = message, code, usage


class FlagError(WskError):
    """Flags that make no sense: told as the flags' library tells it, without more."""


class AlreadyTold(WskError):
    """Everything has been printed: only the exit status is left."""

    def __init__(self, code: int) -> None:
        super().__init__("", code, usage=False)


def arguments(rest: list[str], low: int, high: int, needed: str) -> list[str]:
    """Between so many words, or the sentence that names what is needed."""
    if len(rest) < low:
        raise WskError(f"Invalid argument(s). {needed}")
    if len(rest) > high:
        raise WskError(f"Invalid argument(s): {', '.join(rest[high:])}. {needed}")
    return rest


def within(prefix: str, error: WskError, *, usage: bool) -> WskError:
    """An error in another's sentence: the inner one's status, and its wish to show the usage."""
    message = f"{prefix}{error.message}"
    return WskError(message, error.code, usage=usage or error.usage)


def of_status(status: int) -> int:
    """The exit status of an HTTP error: what is left of it in eight bits."""
    return (status - 256) & 0xFF
