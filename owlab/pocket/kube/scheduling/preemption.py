"""Preemption: which less important pods go, so that a more important one finds room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.demands import host_ports, requests
from owlab.pocket.kube.scheduling.filters import Demand, unfit_by_itself
from owlab.pocket.kube.scheduling.loads import Load, Loads
from owlab.pocket.kube.scheduling.nodes import NodeView, NodeViews
from owlab.pocket.kube.scheduling.pod_affinity import Neighbours
from owlab.pocket.kube.store import Store


@dataclass(frozen=True, slots=True)
class Preempted:
    """The node that gets room, and the pods that have to go for it."""

    node: str
    victims: list[Object]


def priority(pod: Object) -> int:
    """How important a pod is."""
    return int(pod["spec"].get("priority") or 0)


def may_preempt(pod: Object) -> bool:
    """It is one that others may have to go for."""
    return bool(pod["spec"].get("preemptionPolicy") != "Never")


class Preemption:
    """Looks for the node where the least important pods have to go, and the fewest.

    Disruption budgets, which Kubernetes keeps where it can, are not looked at.
    """

    def __init__(self, store: Store, loads: Loads, nodes: NodeViews) -> None:
        self._store = store
        self._loads = loads
        self._nodes = nodes

    def waits(self, pod: Object) -> bool:
        """Room was made for the pod already, and those who go have not gone yet."""
        node = (pod.get("status") or {}).get("nominatedNodeName") or ""
        return any(
            victim["metadata"].get("deletionTimestamp") and priority(victim) < priority(pod)
            for victim in self._loads.on(node).pods.values()
        )

    def of(self, pod: Object, reachable: Callable[[Object], str | None]) -> Preempted | None:
        """Who goes for the pod, and where; None where that would not help."""
        if not may_preempt(pod):
            return None
        nodes, demand = self._nodes.all(), Demand(pod)
        neighbours = Neighbours(pod, nodes, self._loads, self._store)
        found = []
        for node in nodes:
            if unfit_by_itself(pod["spec"], node) or reachable(node.node) is not None:
                continue
            if neighbours.matter and neighbours.unfit(node) is not None:
                continue
            victims = self._victims(pod, node, demand)
            if victims:
                found.append(Preempted(node.name, victims))
        return min(found, key=_harm, default=None)

    def _victims(self, pod: Object, node: NodeView, demand: Demand) -> list[Object]:
        """All that are less important, but for those who can stay."""
        load = self._loads.on(node.name)
        lesser = [other for other in load.pods.values() if priority(other) < priority(pod)]
        if not lesser or demand.unfit(node, _without(load, lesser)) is not None:
            return []
        victims = lesser
        for other in sorted(lesser, key=priority, reverse=True):
            fewer = [victim for victim in victims if victim is not other]
            if demand.unfit(node, _without(load, fewer)) is None:
                victims = fewer
        return victims


def _harm(found: Preempted) -> tuple[int, int, int]:
    importances = [priority(victim) for victim in found.victims]
    return max(importances), sum(importances), len(importances)


def _without(load: Load, gone: list[Object]) -> Load:
    left = Load(dict(load.pods), load.requested.copy(), load.ports.copy(), load.owners)
    uids = {pod["metadata"]["uid"] for pod in gone}
    left.pods = {k: p for k, p in load.pods.items() if p["metadata"]["uid"] not in uids}
    for pod in gone:
        left.requested.subtract(requests(pod))
        left.ports.subtract(host_ports(pod))
    return left
