"""What the columns of all kinds are made of."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.ground.views import Object

Cell = Callable[[Object], Any]
Column = tuple[str, Cell, bool]
"""Heading, value, and whether it is shown only with ``-o wide``."""


def age(timestamp: str | None) -> str:
    """How long ago, as kubectl writes it: ``45s``, ``3m12s``, ``7h16m``, ``5d``."""
    if not timestamp:
        return "<unknown>"
    then = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return duration((utc_now() - then).total_seconds())


def duration(seconds: float) -> str:
    """Seconds as kubectl writes them."""
    total = max(0, int(seconds))
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return f"{minutes}m{total % 60}s" if total % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 730:
        return f"{days}d"
    years, rest = divmod(days, 365)
    return f"{years}y{rest}d" if rest and years < 8 else f"{years}y"


def at(*path: str, default: object = "") -> Cell:
    """The value at a path."""

    def cell(obj: Object) -> Any:
        place: Any = obj
        for name in path:
            place = place.get(name) if isinstance(place, dict) else None
        return default if place is None else place

    return cell


def name_of(obj: Object) -> str:
    """The object's name."""
    return str(obj["metadata"]["name"])


def _age(obj: Object) -> str:
    return age(obj["metadata"].get("creationTimestamp"))


def created(obj: Object) -> str:
    """When it was made, as it stands in the object."""
    return str(obj["metadata"].get("creationTimestamp", ""))


def wide(heading: str, cell: Cell) -> Column:
    """A column of ``-o wide``."""
    return heading, cell, True


def col(heading: str, cell: Cell) -> Column:
    """A column that is always shown."""
    return heading, cell, False


def selector_at(*path: str) -> Cell:
    """A selector as ``key=value,key in (a,b),...``."""

    def cell(obj: Object) -> str:
        selector = at(*path, default={})(obj) or {}
        rules = selector.get("matchExpressions") or []
        labels = selector.get("matchLabels", {} if rules else selector) or {}
        words = [f"{key}={value}" for key, value in sorted(labels.items())]
        return ",".join(words + [_rule(rule) for rule in rules]) or "<none>"

    return cell


def _rule(rule: Object) -> str:
    key, values = str(rule["key"]), ",".join(sorted(rule.get("values") or []))
    match rule["operator"]:
        case "Exists":
            return key
        case "DoesNotExist":
            return f"!{key}"
        case "NotIn":
            return f"{key} notin ({values})"
        case _:
            return f"{key} in ({values})"


NAME: Column = ("Name", name_of, False)
AGE: Column = ("Age", _age, False)
