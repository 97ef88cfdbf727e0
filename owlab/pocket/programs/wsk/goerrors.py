"""What Go's JSON parser says of a text that is none, and how Go prints a list of strings."""

from __future__ import annotations

import json
import string

import yaml


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


def plain_value(value: object) -> str:
    """A value as Go's ``%v`` prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{plain_value(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(plain_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)


def unparsed_yaml(error: yaml.YAMLError) -> str:
    """Go's sentence for an error of libyaml, from which Go's parser was made.

    Its lines count from one for the scanner alone.
    """
    problem = getattr(error, "problem", None) or "unknown problem parsing YAML content"
    for name in ("problem_mark", "context_mark"):
        mark = getattr(error, name, None)
        if mark is not None and mark.line:
            scanned = name == "problem_mark" and isinstance(error, yaml.scanner.ScannerError)
            return f"yaml: line {mark.line + scanned}: {problem}"
    return f"yaml: {problem}"


def _shown(text: str, at: int) -> str:
    """A character as Go quotes it."""
    character = text[at : at + 1] or " "
    return r"'\''" if character == "'" else f"'{character}'"


def _literal(text: str, at: int) -> str:
    """``true``, ``false`` and ``null`` are read letter by letter; nothing for other values."""
    for word in ("true", "false", "null"):
        if text[at] != word[0]:
            continue
        for offset, letter in enumerate(word):
            if at + offset >= len(text):
                return "unexpected EOF"
            if text[at + offset] != letter:
                shown = _shown(text, at + offset)
                return f"invalid character {shown} in literal {word} (expecting '{letter}')"
    return ""


def unparsed(error: Exception, texts: list[str]) -> str:
    """Go's sentence for an error of Python's parser; its own where it is not one of these."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    text = error.doc
    if error.pos >= len(text.rstrip()):
        return "EOF" if not text.strip() else "unexpected EOF"
    shown = _shown(text, error.pos)
    if error.msg.startswith("Expecting value") and (told := _literal(text, error.pos)):
        return told
    if error.msg.startswith("Invalid \\escape"):
        return f"invalid character {_shown(text, error.pos + 1)} in string escape code"
    if error.msg.startswith("Invalid \\uXXXX"):
        at = error.pos
        while at < len(text) - 1 and text[at] in "\\u" + string.hexdigits:
            at += 1
        return f"invalid character {_shown(text, at)} in \\u hexadecimal character escape"
    for ours, theirs in SENTENCES:
        if error.msg.startswith(ours):
            return f"invalid character {shown} {theirs}"
    if error.msg.startswith("Expecting ',' delimiter"):
        where = "object key:value pair" if text.lstrip().startswith("{") else "array element"
        return f"invalid character {shown} after {where}"
    if "control character" in error.msg:
        return f"invalid character {quoted(text[error.pos])[1:-1]!r} in string literal"
    return f"invalid character {shown} in string literal"
