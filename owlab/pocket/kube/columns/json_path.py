"""JSONPath as the API server reads it in the columns of custom kinds.

No library: `jsonpath-ng` and those of RFC 9535 know no `example\\.com`, compare what is not of one
type, and go on where Kubernetes shows nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Step = Callable[[list[Any]], list[Any]]

_NAME = re.compile(r"(?:\\.|[^\\\s.,\[\]$@{}])*")
_BRACKET = re.compile(r"\[([^\]\n]*)\]")
_STRING = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")
_FILTER = re.compile(rf"\[\?\(((?:{_STRING.pattern}|[^\"')\n])*)\)\]")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)")
_NUMBER = re.compile(r"[+-]?\d[\d.]*")
_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?\d+)?(?:(:)(-?\d+)?)?(?::(-?\d+)?)?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class JsonPathError(ValueError):
    """No JSONPath, or one that does not fit to what it is asked of."""


@lru_cache(maxsize=256)
def json_path(text: str) -> Step:
    """What the path finds; raises JsonPathError here, and when it meets what it cannot go into."""
    return _chained(_PathParser(text).steps())


def _chained(steps: list[Step]) -> Step:
    def follow(values: list[Any]) -> list[Any]:
        for step in steps:
            values = step(values)
        return values

    return follow


class _PathParser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def steps(self) -> list[Step]:
        found: list[Step] = []
        while self._at < len(self._text):
            if (step := self._next()) is not None:
                found.append(step)
        return found

    def _take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise JsonPathError(f"{what}: {self._text[self._at :]}")
        self._at = found.end()
        return found

    def _next(self) -> Step | None:
        rest = self._text[self._at :]
        if rest.startswith("[?("):
            return _filter(self._take(_FILTER, "unterminated filter")[1])
        if rest.startswith(".."):
            self._at += 2
            if self._text[self._at : self._at + 1].isidentifier():
                return _chained([_descendants, _field(self._take(_NAME, "no name")[0])])
            return _descendants
        match rest[0]:
            case "[":
                return _bracket(self._take(_BRACKET, "unterminated array")[1])
            case ".":
                self._at += 1
                return _field(self._take(_NAME, "no name")[0])
            case '"' | "'":
                return _literal(_unquoted(self._take(_STRING, "unterminated quoted string")[0]))
            case " " | "@" | "$":  # all of them are the object itself
                self._at += 1
                return None
        if rest[0].isidentifier():
            word = self._take(_NAME, "no name")[0]
            return _literal(word == "true") if word in ("true", "false") else _word(word)
        return _literal(_number(self._take(_NUMBER, "unrecognized in a path")[0]))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def _number(text: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        raise JsonPathError(f"cannot parse number {text}") from None


def _literal(value: object) -> Step:
    return lambda values: [value]


def _word(word: str) -> Step:
    """A text without quotes, which is found when something is compared with it."""

    def refuse(values: list[Any]) -> list[Any]:
        raise JsonPathError(f"unrecognized identifier {word}")

    return refuse


def _field(name: str) -> Step:
    if name == "*":
        return lambda values: [inner for value in values for inner in _inside(value)]
    key = name.replace("\\", "")
    return lambda values: [v[key] for v in values if isinstance(v, dict) and key in v]


def _inside(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _descendants(values: list[Any]) -> list[Any]:
    """Each that has something in it, from the outside inwards."""
    found = []
    for value in values:
        if inner := _inside(value):
            found += [value, *_descendants(inner)]
    return found


def _bracket(text: str) -> Step:
    """`[0]`, `[1:3]`, `[*]`, `['name']`, and several of them with commas."""
    if "," in text:
        several = [_bracket(part.strip()) for part in text.split(",")]
        return lambda values: [found for step in several for found in step(values)]
    if key := _KEY.fullmatch(text):
        # Kubernetes' own way: a dot in the quotes divides names here too, and wants a backslash.
        return json_path(f".{key[1]}")
    index = _SLICE.fullmatch(":" if text == "*" else text)
    if index is None:
        raise JsonPathError(f"invalid array index {text}")
    return _slice(index)


def _slice(index: re.Match[str]) -> Step:
    start, colon, end, pace = index.groups()

    def items(value: object) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise JsonPathError(f"{value} is no array")
        size = len(value)
        first = int(start or 0)
        first += size if first < 0 else 0
        last = (int(end) if end else size) if colon else first + 1
        last += size if last < 0 else 0
        if first == last:
            return []
        if not 0 <= first < last <= size or int(pace or 1) < 1:
            raise JsonPathError(f"array index out of bounds: {index[0]}, length {size}")
        return value[first : last : int(pace or 1)]

    return lambda values: [item for value in values for item in items(value)]


def _filter(text: str) -> Step:
    """`[?(@.type=="Ready")]`, or `[?(@.name)]` for those that have it."""
    found = _COMPARISON.fullmatch(text)
    if found is None:
        has = json_path(text)
        return _chosen(lambda item: bool(has([item])))
    left, sign, right = json_path(found[1]), _COMPARE.get(found[2]), json_path(found[3])

    def passes(item: object) -> bool:
        lefts, rights = left([item]), right([item])
        if sign is None:
            raise JsonPathError(f"unrecognized filter operator {found[2]}")
        if not lefts or not rights:
            return False
        if len(lefts) > 1 or len(rights) > 1:
            raise JsonPathError("can only compare one element at a time")
        if type(lefts[0]) is not type(rights[0]) or isinstance(lefts[0], dict | list | None):
            raise JsonPathError("incompatible types for comparison")
        return sign(lefts[0], rights[0])

    return _chosen(passes)


def _chosen(passes: Callable[[Any], bool]) -> Step:
    def choose(values: list[Any]) -> list[Any]:
        if not all(isinstance(value, list) for value in values):
            raise JsonPathError("no array, and cannot be filtered")
        return [item for value in values for item in value if passes(item)]

    return choose
