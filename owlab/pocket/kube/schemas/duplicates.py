"""JSON and YAML in which a field stands twice: the last one counts, and the client is told."""

from __future__ import annotations

import math
from typing import Any

import yaml

from owlab.pocket.ground.intake import Unreadable, measure, parse, text_only
from owlab.pocket.ground.yaml_text import LOADER


class _Doubled(dict[str, Any]):
    """An object of whose fields some were there before."""

    names: list[str]


def parse_json(raw: bytes) -> tuple[Any, list[str]]:
    """JSON data, and the paths of fields that stand in it more than once.

    :raises Unreadable: it is none, or beyond a limit.
    """
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

    data = parse(raw, pairs=pairs, wide=False)
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


class _KubernetesLoader(LOADER):  # type: ignore[misc]  # chosen when it is imported
    """YAML as Kubernetes reads it: dates stay text, and fields that repeat are noticed."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.said: list[str] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            name = key.value
            if not isinstance(name, str):
                raise Unreadable(f"line {key.start_mark.line + 1}: a key is no text")
            if name in seen:
                self.said.append(f'line {key.start_mark.line + 1}: key "{name}" already set in map')
            seen.add(name)
        return super().construct_mapping(node, deep)


_KubernetesLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(raw: bytes) -> tuple[Any, list[str]]:
    """YAML data, and what is to be said of keys that stand in it more than once.

    :raises Unreadable: it is none, or beyond a limit.
    """
    try:
        loader = _KubernetesLoader(raw.decode("utf-8", "replace"))
        try:
            data = loader.get_single_data()
        finally:
            loader.dispose()
        measure(data)
        return _json(data), loader.said
    except RecursionError:
        raise Unreadable("exceeded max depth") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, AttributeError) as error:
        # The last ones come from values of YAML's own types, such as impossible dates.
        raise Unreadable(str(error)) from None


def _json(value: object) -> Any:
    """What JSON can say of it; its keys are text, as Kubernetes makes them."""
    if isinstance(value, dict):
        return {_key(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, str):
        return text_only(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else _finite(float(value))
    if isinstance(value, float):
        return _finite(value)
    raise Unreadable(f"a value of the type {type(value).__name__} is not JSON")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise Unreadable(f"json: unsupported value: {number}")
    return number


def _key(name: object) -> str:
    if isinstance(name, bool):
        return str(name).lower()
    if name is None:
        return "null"
    return text_only(str(name))
