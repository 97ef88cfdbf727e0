"""By which key the items of a list are told apart, where the API's types give one.

Source: the patchMergeKey and listMapKey markers of the Kubernetes API types.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
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
_ATOMIC = ("imagePullSecrets",)
"""Of a ServiceAccount: unlike a pod's, they are replaced as a whole."""


def merge_key(path: Sequence[str], items: Sequence[Any]) -> str | None:
    """The key of the list at ``path``, or None when the list is replaced as a whole.

    Container ports go by ``containerPort``, a Service's by ``port``.
    """
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    name = path[-1]
    if name == "ports":
        for key in ("containerPort", "port"):
            if all(key in item for item in items):
                return key
        return None
    if tuple(path) == _ATOMIC:
        return None
    wanted = _KEYS.get(name)
    # A Secret may have fields of these names that mean something else.
    return wanted if wanted and all(wanted in item for item in items) else None


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
