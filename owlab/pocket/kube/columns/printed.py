"""``additionalPrinterColumns`` of custom kinds: JSON paths and how their values are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import Cell, Column, age

_STEP = re.compile(
    r"""\.(?P<name>(?:[^.\[\\]|\\.)+)
      | \['(?P<quoted>[^']*)'\]
      | \[(?P<index>-?\d+)\]
      | \[(?P<all>\*)\]
      | \[\?\(\s*@\.(?P<field>[\w.\-]+)\s*(?P<sign>==|!=)
            \s*(?P<wanted>"[^"]*"|'[^']*'|[^)\s]+)\s*\)\]
    """,
    re.VERBOSE,
)


def printed_columns(definitions: Sequence[Object]) -> list[Column]:
    """The columns that a definition asks for."""
    return [(d["name"], _cell(d), bool(d.get("priority"))) for d in definitions]


def _cell(definition: Object) -> Cell:
    steps = list(_STEP.finditer(definition["jsonPath"]))

    def cell(obj: Object) -> Any:
        found: list[Any] = [obj]
        for step in steps:
            found = [inner for place in found for inner in _follow(place, step)]
        return _shown(found[0], definition["type"]) if found else None

    return cell


def _follow(place: Any, step: re.Match[str]) -> list[Any]:
    name = step["name"] if step["name"] is not None else step["quoted"]
    if name == "*" or step["all"]:
        return list(place.values()) if isinstance(place, dict) else list(place or ())
    if name is not None:
        name = re.sub(r"\\(.)", r"\1", name)
        return [place[name]] if isinstance(place, dict) and name in place else []
    if not isinstance(place, list):
        return []
    if step["index"]:
        return place[int(step["index"]) :][:1]
    wanted = step["wanted"].strip("\"'")
    return [i for i in place if (_at(i, step["field"]) == wanted) == (step["sign"] == "==")]


def _at(place: Any, path: str) -> str | None:
    for name in path.split("."):
        place = place.get(name) if isinstance(place, dict) else None
    return place if isinstance(place, str) or place is None else json.dumps(place)


def _shown(value: Any, sort: str) -> Any:
    """The value as its type has it; nothing when it is of another type."""
    match sort:
        case "date":
            return age(value) if isinstance(value, str) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" | "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return (int(value) if sort == "integer" else value) if number else None
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))
