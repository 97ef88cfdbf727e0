"""RuntimeClasses: what a pod's class adds to it, and pods whose class is not there."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.store import Store


def fill(store: Store, pod: Object) -> None:
    """Give a pod its class's overhead and scheduling, in place; raises Denied."""
    spec = pod["spec"]
    name, given = spec.get("runtimeClassName"), spec.get("overhead")
    if not name:
        if given:
            raise _rejected(pod, "Pod Overhead set without corresponding RuntimeClass")
        return
    found = store.find("RuntimeClass", name)
    if found is None:
        raise _rejected(pod, f'RuntimeClass "{name}" not found')
    overhead = (found.get("overhead") or {}).get("podFixed")
    if given and given != overhead:
        raise _rejected(pod, "Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    if overhead:
        spec["overhead"] = overhead
    _schedule(pod, found.get("scheduling") or {})


def _schedule(pod: Object, scheduling: Object) -> None:
    """Only where the class's runtime is."""
    spec = pod["spec"]
    selector = dict(spec.get("nodeSelector") or {})
    for key, value in (scheduling.get("nodeSelector") or {}).items():
        if selector.setdefault(key, value) != value:
            raise _rejected(
                pod,
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {selector[key]}",
            )
    if selector:
        spec["nodeSelector"] = selector
    known = list(spec.get("tolerations") or [])
    more = [one for one in scheduling.get("tolerations") or [] if one not in known]
    if more:
        spec["tolerations"] = [*known, *more]


def _rejected(pod: Object, why: str) -> Denied:
    meta = pod["metadata"]
    name = meta.get("name") or meta.get("generateName") or ""
    return Denied("", "pods", name, f"pod rejected: {why}")
