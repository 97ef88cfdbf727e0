"""What is wrong with JSON, as Go says it."""

from __future__ import annotations

import re

_PYTHON = re.compile(r"(.+?): line \d+ column \d+ \(char (\d+)\)")
_KEY = "looking for beginning of object key string"
_PLACES = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": _KEY,
    "Illegal trailing comma before end of object": _KEY,
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX escape": "in \\u hexadecimal character escape",
}


def in_go_words(raw: bytes, said: str) -> str:
    """What Python's parser has said of a body, in the words of Go's."""
    match = _PYTHON.fullmatch(said)
    if match is None:
        return said
    text, at = raw.decode("utf-8", "replace"), int(match[2])
    if match[1].startswith("Unterminated string") or at >= len(text.rstrip()):
        return "couldn't get version/kind; json parse error: unexpected end of JSON input"
    place = _PLACES.get(match[1], "looking for beginning of value")
    shown = text[at].replace("'", "\\'")
    return f"couldn't get version/kind; json parse error: invalid character '{shown}' {place}"
