"""The ``scale`` subresource."""

from __future__ import annotations

import copy
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import Kind

SCALE = Kind("Scale", "scales", "autoscaling")
_BUILT_IN = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": "",
}


def scale_of(kind: Kind, obj: Object) -> Object:
    """An ``autoscaling/v1`` Scale of a workload."""
    meta, paths = obj["metadata"], _paths(kind)
    replicas = _read(obj, paths["specReplicasPath"])
    # Kubernetes' own workloads have one replica where nothing is said, custom ones none.
    default = 0 if kind.schema is not None else 1
    status: Object = {"replicas": _read(obj, paths["statusReplicasPath"]) or 0}
    if selector := _selector(kind, obj, paths.get("labelSelectorPath", "")):
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            name: meta[name]
            for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
            if name in meta
        },
        "spec": {"replicas": default if replicas is None else replicas},
        "status": status,
    }


def with_scale(kind: Kind, obj: Object, scale: Object) -> Object:
    """The workload with a Scale's number of replicas, if the Scale is of its present version."""
    # Go's zero: a Scale without a number asks for none.
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    meta = scale.get("metadata") or {}
    if replicas < 0:
        field, message = "spec.replicas", "must be greater than or equal to 0"
        text = f"Invalid value: {replicas}: {message}"
        name = obj["metadata"]["name"]
        raise Invalid(
            f'Scale.autoscaling "{name}" is invalid: {field}: {text}',
            {
                "name": name,
                "group": "autoscaling",
                "kind": "Scale",
                "causes": [{"reason": "FieldValueInvalid", "message": text, "field": field}],
            },
        )
    changed = copy.deepcopy(obj)
    place, last = changed, _paths(kind)["specReplicasPath"].strip(".").split(".")
    for name in last[:-1]:
        place = place.setdefault(name, {})
    place[last[-1]] = replicas
    for name in ("resourceVersion", "uid"):
        if meta.get(name):
            changed["metadata"][name] = meta[name]
    return changed


def _paths(kind: Kind) -> dict[str, str]:
    return kind.scale or _BUILT_IN


def _read(obj: object, path: str) -> Any:
    for name in path.strip(".").split("."):
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj


def _selector(kind: Kind, obj: Object, path: str) -> str:
    """Which pods are counted, in one line."""
    if kind.scale is not None:
        return str(_read(obj, path) or "") if path else ""
    selector = obj["spec"].get("selector") or {}
    if kind.built_in == "ReplicationController":
        selector = {"matchLabels": selector}
    parts = {key: f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()}
    for wanted in selector.get("matchExpressions") or ():
        key, values = wanted["key"], ",".join(sorted(wanted.get("values") or ()))
        parts[f"{key} {wanted['operator']}"] = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }[wanted["operator"]]
    return ",".join(parts[key] for key in sorted(parts))
