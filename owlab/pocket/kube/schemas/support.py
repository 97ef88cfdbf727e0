"""Fields that the pocket cluster keeps and does not act on: who sets one is told."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.schemas.types import fields, is_model, model_of

FILE = Path(__file__).with_name("support.toml")
SAID = "the pocket lab does not act on this field"
_MOST = 25
"""Warnings of one request."""
_NOTHING: tuple[Any, ...] = (None, "", False, 0, [], {})


@functools.cache
def support() -> dict[str, Any]:
    """What is done about each field, by model."""
    return tomllib.loads(FILE.read_text())


def unheeded(obj: Object, old: Object | None = None) -> list[str]:
    """Warnings about what nothing acts on, where it is set and was not set so before."""
    model = model_of(str(obj.get("apiVersion")), str(obj.get("kind")))
    if model is None:
        return []
    found = [f"{path}: {SAID}" for path in _walk(model, obj, old, "")]
    if len(found) > _MOST:
        found[_MOST:] = [f"{len(found) - _MOST} more fields that the pocket lab does not act on"]
    return found


def inner_model(type_: str) -> str | None:
    """The model that a field's value, or the items of its value, are of."""
    name = re.sub(r"^(\[\]|\{\})+", "", type_)
    return name if is_model(name) else None


def _walk(model: str, value: object, old: object, path: str) -> Iterator[str]:
    known = support().get(model)
    if known is None or not isinstance(value, dict):
        return
    warned = known.get("warned", {})
    kept = known.get("kept", ())
    for name, field in fields(model).items():
        given = value.get(name)
        before = old.get(name) if isinstance(old, dict) else None
        if given in _NOTHING or given == before or name in kept:
            continue
        place = f"{path}.{name}" if path else name
        if name in warned:
            if given not in warned[name]:
                yield place
            continue
        inner = inner_model(field.type)
        if inner is None:
            continue
        if isinstance(given, list):
            for index, item in enumerate(given):
                yield from _walk(
                    inner, item, _counterpart(before, index, item), f"{place}[{index}]"
                )
        else:
            yield from _walk(inner, given, before, place)


def _counterpart(before: object, index: int, item: object) -> Any:
    """The item that stood for this one: of the same name, else at the same place."""
    if not isinstance(before, list):
        return None
    name = item.get("name") if isinstance(item, dict) else None
    if name is not None:
        same = (o for o in before if isinstance(o, dict) and o.get("name") == name)
        return next(same, None)
    return before[index] if index < len(before) else None
