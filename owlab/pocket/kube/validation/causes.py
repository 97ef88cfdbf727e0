"""Why an object is refused: the field, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Causes = list[tuple[str, str]]
_REASONS = {
    "Required value": "FieldValueRequired",
    "Unsupported value": "FieldValueNotSupported",
    "Duplicate value": "FieldValueDuplicate",
    "Not found": "FieldValueNotFound",
    "Forbidden": "FieldValueForbidden",
    "Too long": "FieldValueTooLong",
    "Too many": "FieldValueTooMany",
}


def reason(message: str) -> str:
    """The reason that a message begins with, as programs read it."""
    return _REASONS.get(message.partition(":")[0], "FieldValueInvalid")


def shown(value: object) -> str:
    """A value as messages show it."""
    return json.dumps(value, separators=(",", ":"))


def wrong(value: object, text: str) -> str:
    """``Invalid value``."""
    return f"Invalid value: {shown(value)}: {text}"


def unsupported(value: object, allowed: Iterable[str]) -> str:
    """``Unsupported value``, with those that are."""
    return f"Unsupported value: {shown(value)}: supported values: " + ", ".join(
        f'"{item}"' for item in allowed
    )


def duplicates(field: str, key: str, values: Iterable[Any]) -> Causes:
    """Values of a list's items that were there before."""
    seen: list[Any] = []
    causes: Causes = []
    for index, value in enumerate(values):
        if value is not None and value in seen:
            causes.append((f"{field}[{index}].{key}", f"Duplicate value: {shown(value)}"))
        seen.append(value)
    return causes


def at(obj: object, *path: str) -> Any:
    """The value at a path, or None."""
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj
