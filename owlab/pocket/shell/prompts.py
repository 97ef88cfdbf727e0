"""What a shell's prompts show: ``PS1`` and ``PS2``, as bash reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

DEFAULT = r"\[\e[01;32m\]\u@\h\[\e[00m\]:\[\e[01;34m\]\w\[\e[00m\]\$ "
ESCAPE = re.compile(r"\\(D\{[^}]*\}|[0-7]{3}|.)", re.S)
NAME, VERSION = "bash", "5.2"


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """What a prompt may tell."""

    user: str
    machine: str
    cwd: str
    home: str
    root: bool
    jobs: int
    terminal: str
    now: datetime
    number: int
    """Which command of the shell is the next one."""
    place: int
    """Which line of the history that will be."""

    @property
    def folder(self) -> str:
        """The directory, with ``~`` for the user's own."""
        if (self.cwd + "/").startswith(self.home.rstrip("/") + "/") and self.home != "/":
            return "~" + self.cwd[len(self.home.rstrip("/")) :]
        return self.cwd


def drawn(template: str, facts: PromptFacts, quote: Callable[[str], str] = str) -> str:
    """The template with its backslashes read.

    :param quote: protects what is put in, where the shell expands the result.
    """
    plain = {
        "u": facts.user,
        "h": facts.machine,
        "H": facts.machine,
        "w": facts.folder,
        "W": facts.folder if facts.folder in ("~", "/") else facts.folder.rpartition("/")[2],
        "$": "#" if facts.root else "$",
        "s": NAME,
        "v": VERSION,
        "V": f"{VERSION}.21",
        "j": str(facts.jobs),
        "l": facts.terminal.rpartition("/")[2],
        "!": str(facts.place),
        "#": str(facts.number),
        "t": f"{facts.now:%H:%M:%S}",
        "T": f"{facts.now:%I:%M:%S}",
        "@": f"{facts.now:%I:%M %p}",
        "A": f"{facts.now:%H:%M}",
        "d": f"{facts.now:%a %b %d}",
        "n": "\n",
        "r": "\r",
        "e": "\x1b",
        "a": "\a",
        "[": "",
        "]": "",
        "\\": "\\",
    }

    def one(found: re.Match[str]) -> str:
        word = found[1]
        if word[0] == "D" and len(word) > 1:
            return quote(facts.now.strftime(word[2:-1] or "%X"))
        if len(word) == 3:
            return chr(int(word, 8) & 0xFF)
        return quote(plain[word]) if word in plain else found[0]

    return ESCAPE.sub(one, template)


def quoted(text: str) -> str:
    """A text in a here-document that means itself."""
    return re.sub(r"([\\$`])", r"\\\1", text)


def expands(template: str) -> bool:
    """The shell has something to expand in it."""
    return bool(re.search(r"`|\$[\w({?$#!@*-]", template.replace(r"\$", "")))
