"""YAML by libyaml where it is there: Python's own parser takes ten times as long."""

from __future__ import annotations

from typing import Any

import yaml

# Wheels of PyYAML have it on every system; a build from source may be without.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load_yaml(text: str | bytes) -> Any:
    """What a YAML text holds, of plain types; raises YAMLError."""
    return yaml.load(text, LOADER)


def dump_yaml(value: object, *, sort_keys: bool = False) -> str:
    """Plain data as YAML, one item a line."""
    text: str = yaml.dump(value, Dumper=DUMPER, sort_keys=sort_keys)
    return text
