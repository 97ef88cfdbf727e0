"""``additionalPrinterColumns`` of custom kinds: JSON paths and how their values are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import Cell, Column, age
from owlab.pocket.kube.columns.json_path import JsonPathError, Step, json_path


def printed_columns(definitions: Sequence[Object]) -> list[Column]:
    """The columns that a definition asks for, up to the first whose path is none."""
    columns: list[Column] = []
    for definition in definitions:
        try:
            find = json_path(definition["jsonPath"])
        except JsonPathError:
            break
        columns.append(
            (definition["name"], _cell(find, definition["type"]), bool(definition.get("priority")))
        )
    return columns


def _cell(find: Step, sort: str) -> Cell:
    def cell(obj: Object) -> Any:
        try:
            found = find([obj])
        except JsonPathError:
            return None
        return _shown(found[0], sort) if found else None

    return cell


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
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
