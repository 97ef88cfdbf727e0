"""``/etc/shadow``: whether an account has a password, and until when it is good."""

from __future__ import annotations

from datetime import date, timedelta

from owlab.pocket.machines.accounts import SHADOW
from owlab.pocket.machines.files import Files

EPOCH = date(1970, 1, 1)
CHANGED, LEAST, MOST, WARN, INACTIVE, EXPIRES = range(2, 8)
"""The fields of a line that are days."""
NEVER = 99999


class ShadowRow:
    """One account's line, to be read and written."""

    def __init__(self, files: Files, name: str) -> None:
        self._files = files
        try:
            text = Files(files.tree).read_file(SHADOW).decode(errors="replace")
        except OSError:
            text = ""
        self._lines = text.splitlines()
        known = [at for at, line in enumerate(self._lines) if line.startswith(f"{name}:")]
        self.there = bool(known)
        self._at = known[0] if known else 0
        self.cells = (self._lines[self._at].split(":") + [""] * 9)[:9] if known else []

    def number(self, cell: int) -> int | None:
        """A field's number, or None where it is empty."""
        text = self.cells[cell]
        return int(text) if text.lstrip("-").isdecimal() else None

    def day(self, cell: int, later: int = 0) -> date | None:
        """A field's day."""
        number = self.number(cell)
        return None if number is None or number < 0 else EPOCH + timedelta(days=number + later)

    def put(self, cell: int, text: str) -> None:
        """Write a field; -1 empties it."""
        self.cells[cell] = "" if text == "-1" else text
        self._lines[self._at] = ":".join(self.cells)
        self._files.write_file(SHADOW, "".join(f"{line}\n" for line in self._lines).encode())

    @property
    def state(self) -> str:
        """L for locked, NP for none, P for a usable one."""
        kept = self.cells[1]
        return "NP" if not kept else "L" if kept[0] in "!*" else "P"
