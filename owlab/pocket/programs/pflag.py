"""Command-line flags as Go programs (pflag) read them: anywhere among the words of a command.

No `click`: what reads words in it is private, and goes with version 9; Go's sentences, `-vvalue`,
flags with a value that may be left out, and deprecated ones would all have to be put into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["string", "bool", "int", "float", "duration", "strings", "words"]


class UsageError(Exception):
    """The words make no sense; the message is what Helm says after ``Error: ``."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. ``strings`` may be repeated; ``words`` too, and splits at commas.

    ``bare`` is the value of a flag given without one; ``becomes`` names the flag that a deprecated
    one stands for; ``shown`` is what help calls its value, in place of its kind.
    """

    name: str
    kind: Kind = "string"
    default: Any = None
    short: str = ""
    help: str = ""
    bare: str | None = None
    becomes: str = ""
    shown: str = ""

    @property
    def takes_value(self) -> bool:
        """Whether the next word belongs to the flag."""
        return self.kind != "bool" and self.bare is None


@dataclass(slots=True)
class Parsed:
    """The words of a command line, sorted into flags and arguments."""

    values: dict[str, Any]
    given: set[str] = field(default_factory=set)
    arguments: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def duration(text: str) -> float:
    """Seconds of a Go duration such as ``5m0s``; raises ValueError with Go's sentence."""
    if text in ("0", "+0", "-0"):
        return 0.0
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    total, end = 0.0, 0
    for match in _DURATION.finditer(rest):
        if match.start() != end:
            break
        total += float(match[1]) * _UNITS[match[2]]
        end = match.end()
    if not rest or end != len(rest):
        missing = re.fullmatch(r"\d+\.?\d*", rest) is not None
        problem = "missing unit in duration" if missing else "invalid duration"
        raise ValueError(f'time: {problem} "{text}"')
    return sign * total


def boolean(text: str) -> bool:
    """True or false as Go reads it; raises ValueError with Go's sentence."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def integer(text: str) -> int:
    """A whole number; raises ValueError with Go's sentence."""
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def number(text: str) -> float:
    """A number with a fraction; raises ValueError with Go's sentence."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        raise ValueError(f'strconv.ParseFloat: parsing "{text}": invalid syntax')
    return float(text)


_CONVERT: dict[str, Callable[[str], Any]] = {
    "bool": boolean,
    "int": integer,
    "float": number,
    "duration": duration,
}


def _store(parsed: Parsed, flag: Flag, text: str, shown: str) -> None:
    target = flag.becomes or flag.name
    if flag.becomes:
        parsed.warnings.append(
            f"Flag --{flag.name} has been deprecated, use --{flag.becomes} instead"
        )
    try:
        if flag.kind == "strings":
            parsed.values[target] = [*parsed.values[target], text]
        elif flag.kind == "words":
            parsed.values[target] = [*parsed.values[target], *text.split(",")]
        else:
            parsed.values[target] = _CONVERT.get(flag.kind, str)(text)
    except ValueError as problem:
        raise UsageError(f'invalid argument "{text}" for "{shown}" flag: {problem}') from None
    parsed.given.add(target)


def parse(words: Iterable[str], flags: Iterable[Flag]) -> Parsed:
    """Sort ``words`` into flags and arguments; raises UsageError for a word that fits nowhere."""
    flags = list(flags)
    by_name = {flag.name: flag for flag in flags}
    by_short = {flag.short: flag for flag in flags if flag.short}
    parsed = Parsed({flag.name: _initial(flag) for flag in flags})
    rest = iter(words)
    for word in rest:
        if word == "--":
            parsed.arguments.extend(rest)
        elif word.startswith("--"):
            _long(parsed, by_name, word, rest)
        elif word.startswith("-") and len(word) > 1:
            _shorts(parsed, by_short, word, rest)
        else:
            parsed.arguments.append(word)
    return parsed


def _initial(flag: Flag) -> Any:
    if flag.kind in ("strings", "words"):
        return list(flag.default or [])
    if flag.kind == "bool":
        return bool(flag.default)
    return flag.default if flag.default is not None else ("" if flag.kind == "string" else 0)


def _long(parsed: Parsed, by_name: dict[str, Flag], word: str, rest: Iterator[str]) -> None:
    name, equals, text = word[2:].partition("=")
    flag = by_name.get(name)
    if flag is None:
        raise UsageError(f"unknown flag: --{name}" if name else f"bad flag syntax: {word}")
    if not equals:
        if flag.takes_value:
            following = next(rest, None)
            if following is None:
                raise UsageError(f"flag needs an argument: --{name}")
            text = following
        else:
            text = flag.bare if flag.bare is not None else "true"
    shown = f"-{flag.short}, --{name}" if flag.short else f"--{name}"
    _store(parsed, flag, text, shown)


def _shorts(parsed: Parsed, by_short: dict[str, Flag], word: str, rest: Iterator[str]) -> None:
    letters = word[1:]
    while letters:
        flag = by_short.get(letters[0])
        if flag is None:
            raise UsageError(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
        shown = f"-{flag.short}, --{flag.name}"
        following = letters[1:]
        if following.startswith("="):
            _store(parsed, flag, following[1:], shown)
            return
        if not flag.takes_value:
            _store(parsed, flag, flag.bare if flag.bare is not None else "true", shown)
            letters = following
            continue
        text = following or next(rest, None)
        if text is None:
            raise UsageError(f"flag needs an argument: '{letters[0]}' in -{letters}")
        _store(parsed, flag, text, shown)
        return
