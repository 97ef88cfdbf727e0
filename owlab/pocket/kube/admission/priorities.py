"""PriorityClasses: a pod's priority is the number of its class."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.kinds import built_in
from owlab.pocket.kube.store import Store

_GROUP = "scheduling.k8s.io"


def fill(store: Store, pod: Object) -> None:
    """Resolve a pod's class into a number, in place; raises Denied."""
    spec = pod["spec"]
    name = spec.get("priorityClassName") or ""
    if name:
        found = store.find("PriorityClass", name)
        if found is None:
            raise _denied(pod, f"no PriorityClass with name {name} was found")
    else:
        found = _default(store)
        if found is not None:
            spec["priorityClassName"] = found["metadata"]["name"]
    value = int(found["value"]) if found is not None else 0
    given = spec.get("priority")
    if given is not None and given != value:
        raise _denied(
            pod,
            f"the integer value of priority ({given}) must not be provided in pod spec; priority "
            f"admission controller computed {value} from the given PriorityClass name",
        )
    spec["priority"] = value
    policy = (found or {}).get("preemptionPolicy") or "PreemptLowerPriority"
    spec.setdefault("preemptionPolicy", policy)


def check(store: Store, obj: Object) -> None:
    """Raise Denied for a second default class."""
    if built_in(obj) != "PriorityClass" or not obj.get("globalDefault"):
        return
    name = obj["metadata"].get("name", "")
    for other in store.list("PriorityClass"):
        if other.get("globalDefault") and other["metadata"]["name"] != name:
            raise Denied(
                _GROUP,
                "priorityclasses",
                name,
                f"PriorityClass {other['metadata']['name']} is already marked as default. Only one "
                "default can exist",
            )


def _default(store: Store) -> Object | None:
    classes = [c for c in store.list("PriorityClass") if c.get("globalDefault")]
    return min(classes, key=lambda c: int(c["value"])) if classes else None


def _denied(pod: Object, why: str) -> Denied:
    meta = pod["metadata"]
    return Denied("", "pods", meta.get("name") or meta.get("generateName") or "", why)
