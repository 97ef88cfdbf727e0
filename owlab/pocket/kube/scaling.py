"""The ``scale`` subresource."""

from __future__ import annotations

import copy

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest


def scale_of(obj: Object) -> Object:
    """An ``autoscaling/v1`` Scale of a workload."""
    meta = obj["metadata"]
    labels = ((obj["spec"].get("selector") or {}).get("matchLabels")) or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            name: meta[name]
            for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        },
        "spec": {"replicas": obj["spec"].get("replicas", 1)},
        "status": {
            "replicas": obj.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{k}={v}" for k, v in labels.items()),
        },
    }


def with_scale(obj: Object, scale: Object) -> Object:
    """The workload with a Scale's number of replicas."""
    replicas = (scale.get("spec") or {}).get("replicas")
    if not isinstance(replicas, int) or replicas < 0:
        raise BadRequest("spec.replicas: must be a number that is not negative")
    changed = copy.deepcopy(obj)
    changed["spec"]["replicas"] = replicas
    return changed
