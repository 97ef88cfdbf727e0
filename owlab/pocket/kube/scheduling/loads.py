"""What is on each node: kept with every change of a pod, never counted again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.object_state import is_finished
from owlab.pocket.kube.scheduling.demands import HostPort, host_ports, requests
from owlab.pocket.kube.store import Change, Key, Store


@dataclass
class Load:
    """The pods of one node, and what they have reserved."""

    pods: dict[Key, Object] = field(default_factory=dict)
    requested: Counter[str] = field(default_factory=Counter)
    ports: Counter[HostPort] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)
    """How many pods of each controller, by its uid."""


_EMPTY = Load()


class Loads:
    """The loads of all nodes; subscribes to the store."""

    def __init__(self, store: Store) -> None:
        self._nodes: dict[str, Load] = {}
        self.repelling: dict[Key, Object] = {}
        """Pods that want certain others nowhere near them."""
        for pod in store.list("Pod"):
            self._put(store.key_of(pod), pod)
        store.subscribe(self._changed)

    def on(self, node: str) -> Load:
        """What is on a node; to be read only."""
        return self._nodes.get(node, _EMPTY)

    def _changed(self, change: Change) -> None:
        if change.key.kind != "Pod" or change.key.group:
            return
        old = change.old
        gone = change.event == "DELETED"
        if old is not None and not gone and _same(old, change.obj):
            load = self._nodes.get(old["spec"].get("nodeName") or "")
            if load is not None and change.key in load.pods:
                load.pods[change.key] = change.obj
            return
        if old is not None:
            self._take(change.key, old)
        if not gone:
            self._put(change.key, change.obj)

    def _put(self, key: Key, pod: Object) -> None:
        node = pod["spec"].get("nodeName")
        if not node or is_finished(pod):
            return
        load = self._nodes.setdefault(node, Load())
        load.pods[key] = pod
        load.requested.update(requests(pod))
        load.ports.update(host_ports(pod))
        load.owners[controller_of(pod)] += 1
        if anti_affinity(pod):
            self.repelling[key] = pod

    def _take(self, key: Key, pod: Object) -> None:
        load = self._nodes.get(pod["spec"].get("nodeName") or "")
        if load is None or load.pods.pop(key, None) is None:
            return
        load.requested.subtract(requests(pod))
        load.ports.subtract(host_ports(pod))
        load.owners[controller_of(pod)] -= 1
        self.repelling.pop(key, None)


def _same(old: Object, new: Object) -> bool:
    """Nothing that counts is different."""
    return old["spec"] == new["spec"] and is_finished(old) == is_finished(new)


def controller_of(pod: Object) -> str:
    """The uid of a pod's controller, or nothing."""
    for reference in pod["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return str(reference["uid"])
    return ""


def anti_affinity(pod: Object) -> list[Object]:
    """The pods that a pod does not want near it."""
    affinity = (pod["spec"].get("affinity") or {}).get("podAntiAffinity") or {}
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or []
