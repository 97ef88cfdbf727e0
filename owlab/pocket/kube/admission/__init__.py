"""What happens to an object on its way into the store, whoever makes it: one file a topic.

First it is filled in (:func:`prepare`), then it is looked at (:func:`enforce`): what the cluster's
policies do not let in is refused in Kubernetes' words.
"""

from __future__ import annotations

import uuid

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.admission import (
    claims,
    job_labels,
    limit_ranges,
    pod_security,
    priorities,
    quotas,
    service_accounts,
    tolerations,
)
from owlab.pocket.kube.kinds import built_in
from owlab.pocket.kube.store import Store

__all__ = ["admit", "enforce", "prepare"]

_PROTECTED = {
    "PersistentVolumeClaim": "kubernetes.io/pvc-protection",
    "PersistentVolume": "kubernetes.io/pv-protection",
}


def prepare(store: Store, obj: Object) -> None:
    """Fill in a new object, in place; raises ApiError where what it names is not there."""
    defaults.fill(store, obj)
    meta = obj["metadata"]
    meta["uid"] = str(uuid.uuid4())
    core = "/" not in str(obj.get("apiVersion"))
    if core and (finalizer := _PROTECTED.get(obj["kind"])):
        others = [f for f in meta.get("finalizers") or () if f != finalizer]
        meta["finalizers"] = [*others, finalizer]
    if built_in(obj) == "Job" and not obj["spec"].get("manualSelector"):
        job_labels.label(obj)
    if core and obj["kind"] == "Pod":
        service_accounts.fill(store, obj)
        limit_ranges.fill(store, obj)
        priorities.fill(store, obj)
        tolerations.fill(obj)
        defaults.quality(obj)


def enforce(store: Store, obj: Object, old: Object | None = None) -> list[str]:
    """Raise Denied for what no policy lets in; returns warnings for the client."""
    warnings = pod_security.check(store, obj, old)
    limit_ranges.check(store, obj, old)
    priorities.check(store, obj)
    claims.check(store, obj, old)
    quotas.check(store, obj, old)
    return warnings


def admit(store: Store, obj: Object) -> Object:
    """Fill in an object that a controller makes, look at it and store it; raises ApiError."""
    prepare(store, obj)
    enforce(store, obj)
    return store.create(obj)
