"""Small questions about objects that several controllers ask."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true
from owlab.pocket.kube.store import Store, copied


def is_ready(pod: Object) -> bool:
    """The pod's condition Ready is True and it is not going away."""
    return is_true(pod, "Ready") and not pod["metadata"].get("deletionTimestamp")


def is_finished(pod: Object) -> bool:
    """All its containers have ended for good."""
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def ready_pods(store: Store, namespace: str, name: str) -> list[Object]:
    """Ready pods of the workload with this name."""
    return [
        pod for pod in store.list("Pod", namespace) if is_ready(pod) and workload_name(pod) == name
    ]


def workload_name(pod: Object) -> str:
    """The Deployment, StatefulSet or Job that a pod belongs to, by its name."""
    name = str(pod["metadata"]["name"])
    for owner in pod["metadata"].get("ownerReferences") or []:
        if owner["kind"] == "ReplicaSet":
            return str(owner["name"]).rpartition("-")[0]
        return str(owner["name"])
    return name


def release_of(pod: Object) -> str:
    """The Helm release that a pod belongs to."""
    labels = pod["metadata"].get("labels") or {}
    for key in ("release", "app.kubernetes.io/instance"):
        if labels.get(key):
            return str(labels[key])
    return workload_name(pod).partition("-")[0]


def owner_reference(owner: Object) -> Object:
    """The reference of a controller to what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def template_hash(template: object) -> str:
    """A short name for the contents of a pod template."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
    letters = "bcdfghjklmnpqrstvwxz2456789"
    return "".join(letters[int(digest[i : i + 2], 16) % len(letters)] for i in range(0, 20, 2))


def pod_of(template: Object, owner: Object, **meta: Any) -> Object:
    """A pod of a template, owned."""
    given = template.get("metadata") or {}
    labels = {**(given.get("labels") or {}), **meta.pop("labels", {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": owner["metadata"]["namespace"],
            "labels": labels,
            **{k: given[k] for k in ("annotations", "finalizers") if given.get(k)},
            "ownerReferences": [owner_reference(owner)],
            **meta,
        },
        "spec": copied(template["spec"]),
        "status": {"phase": "Pending"},
    }
