"""JSON and YAML in which a field stands twice: the last one counts, and the client is told."""

from __future__ import annotations

import json
from typing import Any

import yaml


class _Doubled(dict[str, Any]):
    """An object of whose fields some were there before."""

    names: list[str]


def parse_json(raw: bytes) -> tuple[Any, list[str]]:
    """JSON data, and the paths of fields that stand in it more than once."""
    found = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        obj = dict(items)
        if len(obj) == len(items):
            return obj
        found = True
        doubled = _Doubled(obj)
        names = [name for name, _ in items]
        doubled.names = [name for name in obj if names.count(name) > 1]
        return doubled

    data = json.loads(raw, object_pairs_hook=pairs)
    paths: list[str] = []
    return (_plain(data, "", paths), paths) if found else (data, paths)


def _plain(value: Any, path: str, paths: list[str]) -> Any:
    if isinstance(value, list):
        return [_plain(item, f"{path}[{index}]", paths) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    start = f"{path}." if path else ""
    if isinstance(value, _Doubled):
        paths += [f'duplicate field "{start}{name}"' for name in value.names]
    return {name: _plain(inner, f"{start}{name}", paths) for name, inner in value.items()}


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: dates stay text, and fields that repeat are noticed."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.said: list[str] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = key.value
            if name in seen:
                self.said.append(f'line {key.start_mark.line + 1}: key "{name}" already set in map')
            seen.add(name)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(raw: bytes) -> tuple[Any, list[str]]:
    """YAML data, and what is to be said of keys that stand in it more than once."""
    loader = _Loader(raw)
    try:
        return loader.get_single_data(), loader.said
    finally:
        loader.dispose()
