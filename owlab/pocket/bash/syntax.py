"""What a script is made of: words, simple commands, here-documents, statements."""

from __future__ import annotations

from dataclasses import dataclass, field


class Unfinished(Exception):
    """The script ends in the middle of something."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or an operator of a command."""

    start: int
    end: int
    text: str
    operator: bool = False


@dataclass(slots=True)
class Simple:
    """One simple command, or what stands between ``[[`` and ``]]``."""

    words: list[Token] = field(default_factory=list)
    assigned: list[Token] = field(default_factory=list)
    """What is set before its first word."""
    redirections: list[tuple[Token, Token]] = field(default_factory=list)
    """Operators, with a number before them, and where they lead."""
    top: bool = False
    """It stands in no other command."""
    ended_by: str = ""
    """The operator behind it."""
    label: bool = False
    """It is no command, but the last pattern of a branch of ``case``."""
    fed: bool = False
    """It reads a pipe, a file or a here-document, by itself or with what it stands in."""

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0].text if self.words else ""

    @property
    def start(self) -> int:
        """Where its first word is, or what is set before that."""
        return [*self.assigned, *self.words][0].start

    @property
    def end(self) -> int:
        """Behind its last word or redirection."""
        last = [*self.assigned, *self.words][-1].end
        return max([last, *(to.end for _, to in self.redirections)])


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A here-document without its last line."""

    delimiter: str
    begins: int
    """Where it is begun."""


@dataclass(frozen=True, slots=True)
class HereDocument:
    """One that is begun on a line."""

    tabs: bool
    delimiter: str
    begins: int
    word: str
    """The delimiter as it is written: nothing is expanded where it is quoted."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands at the top of a script, up to the sign that ends it."""

    start: int
    end: int
    next: int
    """Behind that sign, and the here-documents of its line."""
    sign: str
