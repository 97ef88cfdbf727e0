"""The scheduler's choice among all nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.filters import Demand, Unfit, unfit_by_itself
from owlab.pocket.kube.scheduling.loads import Loads, controller_of
from owlab.pocket.kube.scheduling.node_affinity import term_matches, tolerates
from owlab.pocket.kube.scheduling.nodes import NodeView, NodeViews
from owlab.pocket.kube.scheduling.pod_affinity import Neighbours
from owlab.pocket.kube.store import Store

_ENOUGH = 50
"""Nodes that fit, among which the best is good enough."""


class Choice:
    """Looks for a pod's node. Where it finds none it says why, in the scheduler's words."""

    def __init__(self, store: Store, loads: Loads) -> None:
        self._store = store
        self._loads = loads
        self.nodes = NodeViews(store)
        self._next = 0

    def of(self, pod: Object, reachable: Callable[[Object], str | None]) -> tuple[str | None, str]:
        """A node's name, or None and the message of the FailedScheduling event.

        :param reachable: why the pod's volumes cannot be used on a node, or None.
        """
        nodes = self.nodes.all()
        if not nodes:
            return None, "no nodes available to schedule pods"
        demand = Demand(pod)
        neighbours = Neighbours(pod, nodes, self._loads, self._store)
        unfit: list[Unfit] = []
        fitting: list[NodeView] = []
        # Not always from the first, or the last ones would never be looked at.
        start = self._next
        for step in range(len(nodes)):
            node = nodes[(start + step) % len(nodes)]
            self._next = (start + step + 1) % len(nodes)
            why = self._unfit(pod, node, demand, neighbours, reachable)
            if why is None:
                fitting.append(node)
                if len(fitting) >= _ENOUGH:
                    break
            else:
                unfit.append(why)
        if fitting:
            self._next = self._next if len(fitting) >= _ENOUGH else (start + 1) % len(nodes)
            best = max(fitting, key=lambda node: self._score(pod, node, demand, neighbours))
            return best.name, ""
        return None, _message(len(nodes), unfit)

    def _unfit(
        self,
        pod: Object,
        node: NodeView,
        demand: Demand,
        neighbours: Neighbours,
        reachable: Callable[[Object], str | None],
    ) -> Unfit | None:
        found = unfit_by_itself(pod["spec"], node) or demand.unfit(node, self._loads.on(node.name))
        if found is not None:
            return found
        if (why := reachable(node.node)) is not None:
            return Unfit((why,))
        if neighbours.matter and (why := neighbours.unfit(node)) is not None:
            return Unfit((why,), room=True)
        return None

    def _score(
        self, pod: Object, node: NodeView, demand: Demand, neighbours: Neighbours
    ) -> tuple[float, ...]:
        load = self._loads.on(node.name)
        owner = controller_of(pod)
        liked = neighbours.score(node) if neighbours.matter else 0.0
        return (
            liked + _preferred(pod["spec"], node),
            -sum(not tolerates(pod["spec"], taint) for taint in node.soft_taints),
            -load.owners[owner] if owner else 0,
            demand.free_share(node, load),
            -len(load.pods),
        )


def _preferred(spec: Object, node: NodeView) -> int:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    wishes = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return sum(wish["weight"] for wish in wishes if term_matches(wish["preference"], node.node))


def _message(count: int, unfit: list[Unfit]) -> str:
    reasons: Counter[str] = Counter(reason for one in unfit for reason in one.reasons)
    why = ", ".join(sorted(f"{number} {reason}" for reason, number in reasons.items()))
    helpful = sum(one.room for one in unfit)
    preemption = []
    if helpful:
        preemption.append(f"{helpful} No preemption victims found for incoming pod")
    if count - helpful:
        preemption.append(f"{count - helpful} Preemption is not helpful for scheduling")
    return unavailable(count, why, ", ".join(sorted(preemption)))


def unavailable(count: int, why: str, preemption: str = "") -> str:
    """``0/3 nodes are available: ...``"""
    nodes = f"0/{count} nodes are available"
    rest = preemption or f"{count} Preemption is not helpful for scheduling"
    return f"{nodes}: {why}. preemption: {nodes}: {rest}."
