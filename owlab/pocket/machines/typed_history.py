"""What was typed in a shell, as bash remembers it: in memory, and in a file between two shells."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field

from owlab.pocket.machines.files import Files

MOST = 1000
FILE = ".bash_history"


@dataclass
class TypedHistory:
    """One shell's lines, oldest first."""

    lines: list[str] = field(default_factory=list)
    generation: int = 0
    """Changes whenever more was done than adding a line."""
    _saved: int = 0

    def add(self, text: str, control: str, ignored: str = "") -> None:
        """Remember a line, unless ``HISTCONTROL`` or ``HISTIGNORE`` say otherwise."""
        rules = set(control.split(":"))
        text = text.rstrip("\n")
        space = rules & {"ignorespace", "ignoreboth"} and text[:1] in (" ", "\t")
        same = rules & {"ignoredups", "ignoreboth"} and self.lines[-1:] == [text]
        unwanted = any(fnmatch.fnmatchcase(text, one) for one in ignored.split(":") if one)
        if not text.strip() or space or same or unwanted:
            return
        if "erasedups" in rules and text in self.lines:
            self.lines = [line for line in self.lines if line != text]
            self.generation += 1
        self.lines.append(text)

    def load(self, files: Files, path: str) -> None:
        """Begin with what earlier shells left."""
        try:
            text = files.read_file(path).decode(errors="replace")
        except OSError:
            return
        self.lines += text.splitlines()[-MOST:]
        self._saved = len(self.lines)
        self.generation += 1

    def save(self, files: Files, path: str) -> None:
        """Leave what is new to later shells."""
        new = self.lines[min(self._saved, len(self.lines)) :]
        if not new:
            return
        there = files.exists(path)
        files.append_file(path, "".join(f"{line}\n" for line in new).encode())
        if not there:
            files.chmod(path, 0o600)
        self._saved = len(self.lines)

    def write(self, files: Files, path: str) -> None:
        """All of it, in place of what is in the file."""
        files.write_file(path, "".join(f"{line}\n" for line in self.lines).encode())
        files.chmod(path, 0o600)
        self._saved = len(self.lines)

    def clear(self) -> None:
        """Forget all of it."""
        self.lines.clear()
        self._saved = 0
        self.generation += 1

    def forget(self, first: int, last: int) -> None:
        """Forget lines by their numbers, which begin at 1."""
        gone = len(self.lines[first - 1 : min(last, self._saved)])
        del self.lines[first - 1 : last]
        self._saved -= gone
        self.generation += 1
