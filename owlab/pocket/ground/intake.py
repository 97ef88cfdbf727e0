"""JSON from outside, read within limits: what comes out can be kept, copied and sent again.

Python's own reader takes more than JSON is (NaN, numbers without end, text that is none), and
less deep.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

DEPTH = 200
"""Objects and lists within one another. No object of a real cluster comes near."""
NODES = 1_000_000
"""Values in one document, counted as often as YAML's aliases repeat them."""
_DIGITS = 4000
_HALF = re.compile("[\ud800-\udfff]")
_SAYS_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

Pairs = Callable[[list[tuple[str, Any]]], Any]


class Unreadable(ValueError):
    """A body that is no JSON, or beyond a limit; the message is for the client."""


def parse(
    raw: bytes, *, pairs: Pairs | None = None, half: str = "\ufffd", wide: bool = True
) -> Any:
    """JSON data of a body.

    :param pairs: makes objects, from their fields in order.
    :param half: what a half of a character (``\\ud800`` alone) becomes: it is no text.
    :param wide: whole numbers beyond 64 bits stay whole. They become fractions otherwise, as in Go.
    :raises Unreadable: says why.
    """
    try:
        text = raw.decode("utf-8", "replace")
        data = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=_no_constant,
            parse_float=_fraction,
            parse_int=_whole if wide else _narrow,
        )
    except RecursionError:
        raise Unreadable(f"exceeded max depth ({DEPTH})") from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if raw.count(b"[") + raw.count(b"{") > DEPTH:
        measure(data)
    return whole_text(data, half) if _SAYS_HALF.search(raw) else data


def measure(data: object) -> None:
    """Refuse what is too deep, too much, or without end: an object that holds itself.

    :raises Unreadable: says which.
    """
    count = 0
    level = [data]
    for _ in range(DEPTH + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
            count += 1
            if count + len(below) > NODES:
                raise Unreadable(f"the document has more than {NODES} values")
        if not below:
            return
        level = below
    if any(isinstance(value, dict | list) for value in level):
        raise Unreadable(f"exceeded max depth ({DEPTH})")


def whole_text(data: object, half: str) -> Any:
    """The data with what is no text in its strings replaced; it is not deeper than allowed."""
    if isinstance(data, str):
        return text_only(data, half)
    if isinstance(data, list):
        return [whole_text(item, half) for item in data]
    if isinstance(data, dict):
        changed = {text_only(name, half): whole_text(value, half) for name, value in data.items()}
        # The kind of mapping is its reader's: fields that came twice are remembered in it.
        same = changed.keys() == data.keys()
        if same and type(data) is not dict:
            data.update(changed)
            return data
        return changed
    return data


def text_only(text: str, half: str = "\ufffd") -> str:
    """The text with halves of characters replaced: they cannot be sent or kept."""
    return _HALF.sub(half, text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")


def _fraction(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"cannot unmarshal number {text[:40]} into Go value of type float64")
    return number


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"a number has more than {_DIGITS} digits")
    return int(text)


def _narrow(text: str) -> int | float:
    if len(text) > 18:
        if len(text) > 320:
            return _fraction(text)
        number = int(text)
        return number if -(1 << 63) <= number < 1 << 63 else _fraction(text)
    return int(text)
