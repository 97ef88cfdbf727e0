"""The model: a container idles, unless an annotation says how much there is to do.

``pocket.owlab/cpu-load: 900m`` on a workload is shared by its ready pods, on a pod it is the pod's
own; ``pocket.owlab/memory-load`` likewise. What a container may use at most its limits say.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.store import Store

CPU_LOAD = "pocket.owlab/cpu-load"
MEMORY_LOAD = "pocket.owlab/memory-load"
_MIB = 1 << 20
_IDLE_CPU = Decimal("0.001")
_SYSTEM_CPU = Decimal("0.080")
_SYSTEM_MEMORY = Decimal(600 * _MIB)
"""Of a node itself: its kubelet, and what K3s runs beside it."""


@dataclass(frozen=True, slots=True)
class Use:
    """Cores and bytes."""

    cpu: Decimal
    memory: Decimal

    def of(self, resource: str) -> Decimal:
        """One of the two, by the name of its resource."""
        return self.cpu if resource == "cpu" else self.memory

    def written(self) -> Object:
        """As metrics-server writes it."""
        return {"cpu": f"{int(self.cpu * 10**9)}n", "memory": f"{int(self.memory) // 1024}Ki"}


def of_pod(store: Store, pod: Object) -> dict[str, Use] | None:
    """What each container of a pod uses; None for a pod that does not run."""
    if (pod.get("status") or {}).get("phase") != "Running":
        return None
    running = {
        status["name"]
        for status in pod["status"].get("containerStatuses") or ()
        if "running" in (status.get("state") or {})
    }
    containers = [c for c in pod["spec"].get("containers") or () if c["name"] in running]
    if not containers:
        return None
    load = _load(store, pod)
    share = Decimal(len(containers))
    return {c["name"]: _of_container(c, load.cpu / share, load.memory / share) for c in containers}


def _of_container(container: Object, cpu: Decimal, memory: Decimal) -> Use:
    limits = (container.get("resources") or {}).get("limits") or {}
    # By the image, so that the same thing always looks the same.
    size = 12 + zlib.crc32(str(container.get("image", "")).encode()) % 20
    cpu, memory = cpu + _IDLE_CPU, memory + size * _MIB
    if "cpu" in limits:
        cpu = min(cpu, quantity(limits["cpu"]))
    if "memory" in limits:
        memory = min(memory, quantity(limits["memory"]) * Decimal("0.95"))
    return Use(cpu, memory)


def _load(store: Store, pod: Object) -> Use:
    """What there is to do for a pod: its own, or its part of what its workload has to do."""
    own = _said(pod)
    if own is not None:
        return own
    owner = _workload(store, pod)
    said = _said(owner) if owner is not None else None
    if owner is None or said is None or not is_ready(pod):
        return Use(Decimal(0), Decimal(0))
    pods = Decimal(max(len([p for p in _pods(store, owner) if is_ready(p)]), 1))
    return Use(said.cpu / pods, said.memory / pods)


def _said(obj: Object) -> Use | None:
    annotations: dict[str, Any] = obj["metadata"].get("annotations") or {}
    if CPU_LOAD not in annotations and MEMORY_LOAD not in annotations:
        return None
    cpu, memory = (quantity(annotations.get(name, 0)) for name in (CPU_LOAD, MEMORY_LOAD))
    return Use(max(cpu, Decimal(0)), max(memory, Decimal(0)))


def _workload(store: Store, obj: Object) -> Object | None:
    """The topmost owner: the Deployment of a ReplicaSet's pod."""
    found: Object | None = None
    for _ in range(4):
        references = obj["metadata"].get("ownerReferences") or ()
        uid = next((str(r["uid"]) for r in references if r.get("controller")), "")
        owner = store.by_uid(uid) if uid else None
        if owner is None:
            break
        found = obj = owner
    return found


def _pods(store: Store, owner: Object) -> list[Object]:
    """The pods below an owner, at any depth."""
    found = []
    for obj in store.indexed("owner", owner["metadata"]["uid"]):
        found += [obj] if obj["kind"] == "Pod" else _pods(store, obj)
    return found


def of_node(store: Store, node: Object) -> Use:
    """What a node uses: itself, and all that runs on it."""
    cpu, memory = _SYSTEM_CPU, _SYSTEM_MEMORY
    for pod in store.indexed("node", node["metadata"]["name"]):
        for use in (of_pod(store, pod) or {}).values():
            cpu, memory = cpu + use.cpu, memory + use.memory
    return Use(cpu, memory)
