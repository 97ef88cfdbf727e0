"""The fields of the built-in kinds, read from ``builtin.json`` when they are first asked for."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("builtin.json")
_MODEL = re.compile(r"(?:[A-Z][a-z]+)?V(\d+(?:(?:alpha|beta)\d+)?)([A-Z].*)")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model.

    ``type`` is ``string``, ``int32``, ``bool``, ... or a model's name; ``[]`` before it makes it a
    list, ``{}`` a map.
    """

    name: str
    type: str
    required: bool


@functools.cache
def _data() -> dict[str, Any]:
    # Models stay text until something asks for them: most labs use a tenth of them.
    found: dict[str, Any] = json.loads(_FILE.read_text())
    return found


def model_of(api_version: str, kind: str) -> str | None:
    """The model of a kind; None when its fields are not known."""
    found: str | None = _data()["kinds"].get(f"{api_version} {kind}")
    return found


def is_model(type_: str) -> bool:
    """A type is a model's name, not a scalar, list or map."""
    return type_ in _data()["models"]


def every_model() -> Iterable[str]:
    """The names of all models."""
    models: dict[str, str] = _data()["models"]
    return models.keys()


@functools.cache
def fields(model: str) -> dict[str, Field]:
    """The fields of a model by name."""
    found = {}
    for item in _data()["models"][model].split("; "):
        if item:
            name, _, type_ = item.partition(" ")
            found[name.rstrip("!")] = Field(name.rstrip("!"), type_, name.endswith("!"))
    return found


def go_name(model: str) -> tuple[str, str]:
    """A model's version and name as messages say them: ``v1`` and ``ServicePort``."""
    match = _MODEL.fullmatch(model)
    return (f"v{match[1]}", match[2]) if match else ("v1", model)
