"""What is said of kinds and fields, in words of our own."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from owlab.pocket.ground.yaml_text import load_yaml

_FILE = Path(__file__).with_name("descriptions.yaml")


def description(model: str, field: str = "") -> str:
    """What is said of a model, or of a field of it; empty where nothing is."""
    said = _descriptions()
    own = said.get(model, {}).get(field)
    return own if own is not None else said["*"].get(field, "")


@functools.cache
def edition() -> str:
    """Changes when anything is said in other words."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()[:8]


@functools.cache
def _descriptions() -> dict[str, dict[str, str]]:
    # libyaml's is ten times as fast; not every build of PyYAML has it.
    found: dict[str, dict[str, str]] = load_yaml(_FILE.read_text(encoding="utf-8"))
    return found
