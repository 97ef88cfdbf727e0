"""By which key the items of a list are told apart, where the API's types give one.

Source: the patchMergeKey and listMapKey markers of the Kubernetes API types.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "conditions": "type",
    "ownerReferences": "uid",
    "secrets": "name",
    "addresses": "type",
    "resourceClaims": "name",
    "webhooks": "name",
}
_SERVICE_PORTS = ("spec", "ports")
_SECOND = {"containerPort": "protocol", "port": "protocol", "topologyKey": "whenUnsatisfiable"}
"""What else tells items apart where they are applied: a Service may have port 53 twice."""
_OTHERWISE = {"protocol": "TCP"}
_ATOMIC = ("imagePullSecrets",)
"""Of a ServiceAccount: unlike a pod's, they are replaced as a whole."""


def merge_key(path: Sequence[str], items: Sequence[Any]) -> str | None:
    """The key of the list at ``path``, or None when the list is replaced as a whole.

    Container ports go by ``containerPort``, a Service's by ``port``; those of endpoints and of
    network policies have no key.
    """
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    name = path[-1]
    if name == "ports":
        key = "port" if tuple(path) == _SERVICE_PORTS else "containerPort"
        return key if all(key in item for item in items) else None
    if tuple(path) == _ATOMIC:
        return None
    wanted = _KEYS.get(name)
    # A Secret may have fields of these names that mean something else.
    return wanted if wanted and all(wanted in item for item in items) else None


def map_keys(
    path: Sequence[str], items: Sequence[Any], schema: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """The keys of the list at ``path`` for server-side apply; none where it is replaced as a whole.

    :param schema: of a custom kind, whose lists have the keys that it declares.
    """
    if schema is not None and path[0] not in ("metadata", "status"):
        keys = _schema_keys(path, schema)
        fits = all(isinstance(item, dict) and set(keys) <= item.keys() for item in items)
        return keys if fits else ()
    key = merge_key(path, items)
    if key is None:
        return ()
    return tuple(sorted({key, _SECOND.get(key, key)}))


def key_of(keys: Iterable[str], item: Mapping[str, Any]) -> dict[str, Any]:
    """What tells one item of such a list apart."""
    return {key: item.get(key, _OTHERWISE.get(key)) for key in keys}


def shown_key(key: Mapping[str, Any]) -> str:
    """As the API server names an item: ``[port=53,protocol="UDP"]``."""
    return f"[{','.join(f'{name}={json.dumps(value)}' for name, value in key.items())}]"


def repeated_keys(
    value: object,
    schema: Mapping[str, Any] | None,
    path: tuple[str, ...] = (),
    shown: str = "",
) -> Iterator[str]:
    """What server-side apply says of items of a list that cannot be told apart."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from repeated_keys(inner, schema, (*path, name), f"{shown}.{name}")
    elif isinstance(value, list) and value:
        keys, seen = map_keys(path, value, schema), list[dict[str, Any]]()
        for index, item in enumerate(value):
            key = key_of(keys, item) if keys else {}
            if key and key in seen:
                yield f"{shown}: duplicate entries for key {shown_key(key)}"
            seen.append(key)
            place = shown_key(key) if key else f"[{index}]"
            yield from repeated_keys(item, schema, path, f"{shown}{place}")


def _schema_keys(path: Sequence[str], schema: Mapping[str, Any]) -> tuple[str, ...]:
    place: Any = schema
    for name in path:
        place = place.get("items", place)
        named = place.get("properties") or {}
        place = named.get(name, place.get("additionalProperties"))
        if not isinstance(place, dict):
            return ()
    if place.get("x-kubernetes-list-type") != "map":
        return ()
    return tuple(sorted(place.get("x-kubernetes-list-map-keys") or ()))


def declared_key(name: str, fields: Container[str]) -> str | None:
    """The key of a list by its name and its items' fields, for those who have seen no items."""
    if name == "ports":
        # Endpoints have a port too, and are replaced as a whole.
        return next(
            (
                key
                for key, mark in (("containerPort", "containerPort"), ("port", "nodePort"))
                if mark in fields
            ),
            None,
        )
    wanted = _KEYS.get(name)
    return wanted if wanted and wanted in fields else None
