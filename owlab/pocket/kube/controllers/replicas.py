"""What the controllers of pods share: which pods are theirs, which go first, how many count."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.object_state import is_finished, is_ready, owner_reference
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.store.objects import without_owners

_COST = "controller.kubernetes.io/pod-deletion-cost"


def claimed(store: Store, owner: Object) -> list[Object]:
    """The pods that an owner controls, once it has adopted and let go.

    A pod without a controller whose labels match is adopted; one of its own whose labels do not
    match any more is let go of. An owner that is going away adopts nothing.
    """
    meta = owner["metadata"]
    matches = selector_of(owner)
    mine = []
    for pod in store.indexed("owner", meta["uid"]):
        if pod["kind"] != "Pod" or not _controls(owner, pod):
            continue
        if matches(pod["metadata"].get("labels") or {}):
            mine.append(pod)
        elif not meta.get("deletionTimestamp"):
            store.update(without_owners(pod, {meta["uid"]}))
    if meta.get("deletionTimestamp"):
        return mine
    for pod in store.indexed("orphan", meta["namespace"]):
        if not pod["metadata"].get("deletionTimestamp") and matches(
            pod["metadata"].get("labels") or {}
        ):
            mine.append(adopt(store, owner, pod))
    return mine


def adopt(store: Store, owner: Object, obj: Object) -> Object:
    """Make the owner the controller of an object that has none."""
    references = [*(obj["metadata"].get("ownerReferences") or []), owner_reference(owner)]
    return store.update({**obj, "metadata": {**obj["metadata"], "ownerReferences": references}})


def selector_of(owner: Object) -> selectors.Matches:
    """The labels that an owner's pods have; of a ReplicationController it is a plain map."""
    selector = owner["spec"].get("selector")
    if owner["kind"] == "ReplicationController":
        selector = {"matchLabels": selector or {}}
    return selectors.from_object(selector)


def _controls(owner: Object, pod: Object) -> bool:
    return any(
        r.get("controller") and r["uid"] == owner["metadata"]["uid"]
        for r in pod["metadata"]["ownerReferences"]
    )


def is_active(pod: Object) -> bool:
    """It counts: it has neither ended nor been told to."""
    return not is_finished(pod) and not pod["metadata"].get("deletionTimestamp")


def first_to_go(pods: list[Object]) -> list[Object]:
    """Pods in the order in which a controller takes them away: the least useful first."""
    on_node: dict[str, int] = {}
    for pod in pods:
        node = pod["spec"].get("nodeName") or ""
        on_node[node] = on_node.get(node, 0) + 1

    def usefulness(pod: Object) -> tuple[Any, ...]:
        node = pod["spec"].get("nodeName") or ""
        restarts = sum(
            int(s.get("restartCount", 0)) for s in pod["status"].get("containerStatuses") or []
        )
        cost = (pod["metadata"].get("annotations") or {}).get(_COST, "0")
        return (
            bool(node),
            {"Pending": 0, "Unknown": 1}.get(str(pod["status"].get("phase")), 2),
            is_ready(pod),
            int(cost) if cost.lstrip("+-").isdecimal() else 0,
            -on_node[node],
            _reversed(ready_since(pod)),
            -restarts,
            _reversed(str(pod["metadata"]["creationTimestamp"])),
            pod["metadata"]["name"],
        )

    return sorted(pods, key=usefulness)


def _reversed(timestamp: str) -> float:
    """So that the newest comes first."""
    return -datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0


def ready_since(pod: Object) -> str:
    """When a pod became ready; empty while it is not."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return ""
    return str(ready.get("lastTransitionTime") or "")


def available_in(pod: Object, seconds: int, clock: Clock) -> float | None:
    """How long until a ready pod counts as available, by ``minReadySeconds``; None if not ready."""
    if not is_ready(pod):
        return None
    if not seconds:
        return 0.0
    since = datetime.fromisoformat(ready_since(pod))
    return max(clock.scaled(seconds) - (clock.now() - since).total_seconds(), 0.0)


def counted(status: Object | None, counts: dict[str, int], always: tuple[str, ...] = ()) -> Object:
    """A status with these counts; Kubernetes leaves out those that are zero."""
    others = {name: value for name, value in (status or {}).items() if name not in counts}
    return {**others, **{n: c for n, c in counts.items() if c or n in always}}
