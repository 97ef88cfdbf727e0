"""The lines that were typed in the shell at the top: for the arrow keys, Ctrl-R and ``!!``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prompt_toolkit.history import History


class ShellHistory(History):
    """What the lab's shell remembers; it decides what is added."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def learn(self, where: dict[str, Any]) -> None:
        """What the shell tells with each prompt."""
        self.lines = [*where.get("history", self.lines), *where.get("typed", ())]
        self._loaded, self._loaded_strings = False, []

    def get_strings(self) -> list[str]:
        """Oldest first."""
        return list(self.lines)

    def append_string(self, string: str) -> None:
        """The shell tells what it has remembered."""

    def load_history_strings(self) -> Iterable[str]:
        """Newest first."""
        return reversed(self.lines)

    def store_string(self, string: str) -> None:
        """The shell keeps them."""
