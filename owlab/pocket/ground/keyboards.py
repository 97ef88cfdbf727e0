"""What is typed at a terminal, asked for when a command wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Save = Callable[[str, str, bool], str]
"""Takes a file's name, its text, and whether to insist; says what is wrong, or nothing."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an editor opens."""

    program: str
    name: str
    text: str
    new: bool = False
    problem: str = ""
    """Why the file could not be read."""
    line: int = 1
    read_only: bool = False


class Keyboard(Protocol):
    """Somebody at a terminal, who types when asked."""

    async def ask(
        self, *, echo: bool = True, keys: int = 0, seconds: float | None = None
    ) -> bytes | None:
        """A line with its end, or None where Ctrl-D ended it.

        :param echo: what is typed is shown.
        :param keys: at most so many bytes, at once and without waiting for the line's end.
        :raises TimeoutError: nothing came in so many seconds.
        """

    async def edit(self, draft: Draft, save: Save) -> int:
        """An editor at the terminal, until it is left; its exit status."""


class KeyboardReader:
    """Standard input that is the terminal."""

    def __init__(self, keyboard: Keyboard, *, shown: bool = False) -> None:
        self.keyboard, self.shown = keyboard, shown
        self._ended = False

    async def read_chunk(self) -> bytes | None:
        """The next line; None after Ctrl-D, and for ever after."""
        if self._ended:
            return None
        line = await self.keyboard.ask()
        self._ended = line is None
        return line
