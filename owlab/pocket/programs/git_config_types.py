"""What `git config --bool`, `--int` and `--path` make of a value."""

from __future__ import annotations

import re

from owlab.pocket.programs.options import Complaint

TYPES = ("bool", "int", "bool-or-int", "bool-or-str", "path")
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off", "")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_FATAL, _USAGE = 128, 129


def asked_for(words: list[str]) -> tuple[str, list[str]]:
    """The type that is asked for, or none; and the words without it."""
    found: set[str] = set()
    rest, left = [], iter(words)
    for word in left:
        name, equals, value = word.partition("=")
        if name in ("-t", "--type"):
            kind = value if equals else next(left, "")
            if kind not in TYPES:
                raise Complaint(f"fatal: unrecognized --type argument, {kind}\n", _FATAL)
            found.add(kind)
        elif word[2:] in TYPES and word.startswith("--"):
            found.add(word[2:])
        else:
            rest.append(word)
    if len(found) > 1:
        raise Complaint("error: only one type at a time\n", _USAGE)
    return "".join(found), rest


def typed(kind: str, name: str, value: str | None, home: str, file: str = "") -> str:
    """A value as that type; ``value`` is None for a name without a sign of equality.

    :param file: where it stands, for the words about a number that is none.
    """
    match kind:
        case "bool":
            truth = _truth(value)
            if truth is None:
                raise Complaint(f"fatal: bad boolean config value '{value}' for '{name}'\n", _FATAL)
            return truth
        case "int":
            return str(_number(name, value or "", file))
        case "bool-or-int":
            if value is None or value.lower() in (*_TRUE, *_FALSE):
                return _truth(value) or ""
            return str(_number(name, value, file))
        case "bool-or-str":
            plain = value is None or value.lower() in (*_TRUE, *_FALSE)
            return (_truth(value) if plain else value) or ""
        case "path":
            return re.sub(r"^~(?=/|$)", home, value or "")
    return value or ""


def stored(kind: str, name: str, value: str) -> str:
    """A value as it is written: paths stay as they were typed."""
    return value if kind == "path" else typed(kind, name, value, "")


def _truth(value: str | None) -> str | None:
    if value is None or value.lower() in _TRUE:
        return "true"
    if value.lower() in _FALSE:
        return "false"
    number = _read(value)
    return None if number is None else str(number != 0).lower()


def _number(name: str, value: str, file: str) -> int:
    number = _read(value)
    if number is None:
        where = f" in file {file}" if file else ""
        said = f"fatal: bad numeric config value '{value}' for '{name}'{where}: invalid unit\n"
        raise Complaint(said, _FATAL)
    return number


def _read(value: str) -> int | None:
    found = re.fullmatch(r"\s*([+-]?\d+)([kmg]?)", value, re.I)
    return int(found[1]) * _UNITS[found[2].lower()] if found else None
