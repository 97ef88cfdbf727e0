"""The words of `ps`: Unix letters after a dash, BSD's without one, and GNU's long ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.processes import COLUMNS

USAGE = "\nUsage:\n ps [options]\n\n For more details see ps(1).\n"
Chooser = Callable[[ProcessRow, set[str]], bool]
CHOOSERS: dict[str, Chooser] = {
    "pid": lambda row, named: str(row.pid) in named,
    "ppid": lambda row, named: str(row.parent) in named,
    "command": lambda row, named: row.name in named,
    "user": lambda row, named: row.user in named,
    "tty": lambda row, named: row.tty in named or f"/dev/{row.tty}" in named,
}
_UNIX_LISTS = {"p": "pid", "q": "pid", "C": "command", "u": "user", "U": "user", "t": "tty"}
_BSD_LISTS = {"p": "pid", "q": "pid", "U": "user", "t": "tty"}
_LONG_LISTS = {
    "pid": "pid", "quick-pid": "pid", "ppid": "ppid", "user": "user", "User": "user", "tty": "tty",
}  # fmt: skip
_OTHERS = set("FGLMNOTVdgjlmnsyZcSrXevqD")
"""What the real one knows of letters besides: threads, long forms, labels."""


@dataclass
class PsOptions:
    """What is to be shown, and how."""

    everyone: bool = False
    with_terminal: bool = False
    """All that have a terminal."""
    own: bool = False
    """All of whoever asks."""
    lists: list[tuple[str, set[str]]] = field(default_factory=list)
    """What rows are chosen by, a key of :data:`CHOOSERS`, and the values."""
    full: bool = False
    users: bool = False
    """BSD's `u`: with what each takes."""
    bsd: bool = False
    forest: bool = False
    headed: bool = True
    columns: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """To sort by, the most important first; `-` before one turns it round."""


def understood(words: list[str]) -> PsOptions:
    """The options; raises :class:`Complaint` in the words of `ps`."""
    options, rest = PsOptions(), iter(words)
    for word in rest:
        if word.startswith("--"):
            _long(options, word[2:], rest)
        elif word.startswith("-") and len(word) > 1:
            _unix(options, word[1:], rest)
        elif re.fullmatch(r"[\d,]+", word):
            options.lists.append(("pid", set(word.split(","))))
        else:
            options.bsd = True
            _bsd(options, word, rest)
    for kind, values in options.lists:
        if kind == "pid" and any(not value.isdecimal() for value in values):
            raise Complaint(f"error: process ID list syntax error\n{USAGE}")
    for column in options.columns:
        if column.partition("=")[0] not in COLUMNS:
            raise Complaint(f'error: unknown user-defined format specifier "{column}"\n{USAGE}')
    for key in options.keys:
        if key.lstrip("+-") not in COLUMNS:
            raise Complaint(f"error: unknown sort specifier\n{USAGE}")
    if options.columns and (options.users or options.full):
        raise Complaint(f"error: conflicting format options\n{USAGE}")
    return options


def _long(options: PsOptions, word: str, rest: Iterator[str]) -> None:
    name, equals, value = word.partition("=")
    if name in ("no-headers", "no-heading", "no-header", "noheaders"):
        options.headed = False
    elif name in ("headers", "cols", "columns", "width", "rows", "lines"):
        pass  # nothing is cut off, and there is one head
    elif name == "forest":
        options.forest = True
    elif name in ("sort", "format", *_LONG_LISTS):
        if not equals:
            value = next(rest, "")
        if not value:
            long = "long sort specification must follow --sort"
            raise Complaint(f"error: {long if name == 'sort' else 'list missing'}\n{USAGE}")
        if name == "sort":
            options.keys += value.split(",")
        elif name == "format":
            options.columns += _columns(value)
        else:
            options.lists.append((_LONG_LISTS[name], _values(value)))
    else:
        raise Complaint(f"error: unknown gnu long option\n{USAGE}")


def _unix(options: PsOptions, letters: str, rest: Iterator[str]) -> None:
    if letters in ("aux", "auxw", "auxww", "auxf"):  # meant without the dash, and taken so
        options.bsd = True
        _bsd(options, letters, rest)
        return
    for at, letter in enumerate(letters):
        if letter in "eA":
            options.everyone = True
        elif letter == "a":
            options.with_terminal = True
        elif letter == "f":
            options.full = True
        elif letter == "H":
            options.forest = True
        elif letter == "x":
            options.own = True
        elif letter == "o" or letter in _UNIX_LISTS:
            _valued(options, letter, letters[at + 1 :], rest, _UNIX_LISTS)
            return
        elif letter != "w":
            raise _unknown(f"-{letter}", letter, "unsupported SysV option")


def _bsd(options: PsOptions, letters: str, rest: Iterator[str]) -> None:
    for at, letter in enumerate(letters):
        if letter == "a":
            options.with_terminal = True
        elif letter == "x":
            options.own = True
        elif letter == "u":
            options.users = True
        elif letter == "f":
            options.forest = True
        elif letter == "h":
            options.headed = False
        elif letter == "k":
            options.keys += (letters[at + 1 :] or next(rest, "")).split(",")
            return
        elif letter == "o" or letter in _BSD_LISTS:
            _valued(options, letter, letters[at + 1 :], rest, _BSD_LISTS)
            return
        elif letter != "w":
            raise _unknown(letter, letter, "unsupported option (BSD syntax)")


def _valued(
    options: PsOptions, letter: str, value: str, rest: Iterator[str], lists: dict[str, str]
) -> None:
    value = value or next(rest, "")
    if not value:
        what = "format specification must follow -o" if letter == "o" else "list missing"
        raise Complaint(f"error: {what}\n{USAGE}")
    if letter == "o":
        options.columns += _columns(value)
    else:
        options.lists.append((lists[letter], _values(value)))


def _unknown(shown: str, letter: str, said: str) -> Complaint:
    if letter in _OTHERS:
        return Complaint(f"error: the pocket lab's ps has no {shown}: ps -ef, ps aux, ps -o\n")
    return Complaint(f"error: {said}\n{USAGE}")


def _columns(value: str) -> list[str]:
    """`pid,comm` or `pid comm`; `pid=TITLE` takes all of the rest."""
    before, equals, title = value.partition("=")
    if equals and title:
        *firsts, last = re.split(r"[ ,]+", before)
        return [*firsts, f"{last}={title}"] if "," not in title else value.split(",")
    return re.split(r"[ ,]+", value.strip())


def _values(text: str) -> set[str]:
    return set(re.split(r"[ ,]+", text.strip()))
