"""What Go's JSON parser says of a text that is none, and how Go prints a list of strings."""

from __future__ import annotations

import json


def quoted(text: str) -> str:
    """A string as Go's ``%q`` prints it."""
    return json.dumps(text, ensure_ascii=False)


def quoted_slice(texts: list[str]) -> str:
    """Strings as Go's ``%#v`` prints them."""
    return "[]string{" + ", ".join(quoted(text) for text in texts) + "}"


SENTENCES = (
    ("Expecting value", "looking for beginning of value"),
    ("Expecting property name", "looking for beginning of object key string"),
    ("Expecting ':' delimiter", "after object key"),
    ("Illegal trailing comma before end of object", "looking for beginning of object key string"),
    ("Illegal trailing comma before end of array", "looking for beginning of value"),
)


def unparsed(error: Exception, texts: list[str]) -> str:
    """Go's sentence for an error of Python's parser; its own where it is not one of these."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    text = error.doc
    if error.pos >= len(text.rstrip()):
        return "EOF" if not text.strip() else "unexpected EOF"
    shown = f"'{text[error.pos]}'" if text[error.pos] != "'" else r"'\''"
    for ours, theirs in SENTENCES:
        if error.msg.startswith(ours):
            return f"invalid character {shown} {theirs}"
    if error.msg.startswith("Expecting ',' delimiter"):
        where = "object key:value pair" if text.lstrip().startswith("{") else "array element"
        return f"invalid character {shown} after {where}"
    if "control character" in error.msg:
        return f"invalid character {quoted(text[error.pos])[1:-1]!r} in string literal"
    return f"invalid character {shown} in string literal"
