"""What happens to an object on its way into the store, whoever makes it."""

from __future__ import annotations

import uuid

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.store import Store

_PROTECTED = {
    "PersistentVolumeClaim": "kubernetes.io/pvc-protection",
    "PersistentVolume": "kubernetes.io/pv-protection",
}


def prepare(store: Store, obj: Object) -> None:
    """Fill in a new object, in place: defaults, its uid, and what is derived from that."""
    defaults.fill(store, obj)
    meta = obj["metadata"]
    meta["uid"] = str(uuid.uuid4())
    core = "/" not in str(obj.get("apiVersion"))
    if core and (finalizer := _PROTECTED.get(obj["kind"])):
        others = [f for f in meta.get("finalizers") or () if f != finalizer]
        meta["finalizers"] = [*others, finalizer]
    if obj["kind"] == "Job" and not obj["spec"].get("manualSelector"):
        _label(obj)


def admit(store: Store, obj: Object) -> Object:
    """Fill in an object that a controller makes, and store it; raises ApiError."""
    prepare(store, obj)
    return store.create(obj)


def _label(job: Object) -> None:
    """A Job's pods are found by the Job's uid."""
    uid, name = job["metadata"]["uid"], job["metadata"].get("name", "")
    template = job["spec"]["template"]
    meta = template.get("metadata") or {}
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template["metadata"] = {**meta, "labels": {**(meta.get("labels") or {}), **labels}}
    job["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
