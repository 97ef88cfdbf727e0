"""The scheduler's choice among all nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.demands import amount
from owlab.pocket.kube.scheduling.filters import Demand, Unfit, unfit_by_itself
from owlab.pocket.kube.scheduling.loads import Load, Loads, controller_of
from owlab.pocket.kube.scheduling.neighbours import Neighbours
from owlab.pocket.kube.scheduling.node_affinity import term_matches, tolerates
from owlab.pocket.kube.store import Store

_ENOUGH = 100
"""Nodes that fit, among which the best is good enough."""


class Choice:
    """Looks for a pod's node. Where it finds none it says why, in the scheduler's words."""

    def __init__(self, store: Store, loads: Loads) -> None:
        self._store = store
        self._loads = loads
        self._next = 0

    def of(self, pod: Object, reachable: Callable[[Object], str | None]) -> tuple[str | None, str]:
        """A node's name, or None and the message of the FailedScheduling event.

        :param reachable: why the pod's volumes cannot be used on a node, or None.
        """
        nodes = self._store.list("Node")
        if not nodes:
            return None, "no nodes available to schedule pods"
        demand = Demand(pod)
        neighbours = Neighbours(pod, nodes, self._loads, self._store)
        unfit: list[Unfit] = []
        fitting: list[Object] = []
        # Not always from the first, or the last ones would never be looked at.
        for step in range(len(nodes)):
            node = nodes[(self._next + step) % len(nodes)]
            why = self._unfit(pod, node, demand, neighbours, reachable)
            if why is None:
                fitting.append(node)
                if len(fitting) >= _ENOUGH:
                    break
            else:
                unfit.append(why)
        if fitting:
            self._next = (self._next + 1) % len(nodes)
            best = max(fitting, key=lambda n: self._score(pod, n, demand, neighbours))
            return str(best["metadata"]["name"]), ""
        return None, _message(len(nodes), unfit)

    def _unfit(
        self,
        pod: Object,
        node: Object,
        demand: Demand,
        neighbours: Neighbours,
        reachable: Callable[[Object], str | None],
    ) -> Unfit | None:
        found = unfit_by_itself(pod["spec"], node) or demand.unfit(
            node, self._loads.on(node["metadata"]["name"])
        )
        if found is not None:
            return found
        if (why := reachable(node)) is not None:
            return Unfit((why,))
        if (why := neighbours.unfit(node)) is not None:
            return Unfit((why,), room=True)
        return None

    def _score(
        self, pod: Object, node: Object, demand: Demand, neighbours: Neighbours
    ) -> tuple[float, ...]:
        load = self._loads.on(node["metadata"]["name"])
        owner = controller_of(pod)
        same = load.owners[owner] if owner else 0
        return (
            _preferred(pod["spec"], node) + neighbours.score(node),
            -_soft_taints(pod["spec"], node),
            -same,
            round(_free_share(node, load, demand), 2),
            -len(load.pods),
        )


def _preferred(spec: Object, node: Object) -> int:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    wishes = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return sum(wish["weight"] for wish in wishes if term_matches(wish["preference"], node))


def _soft_taints(spec: Object, node: Object) -> int:
    taints = node["spec"].get("taints") or ()
    return sum(t["effect"] == "PreferNoSchedule" and not tolerates(spec, t) for t in taints)


def _free_share(node: Object, load: Load, demand: Demand) -> float:
    """How much of the node's CPU and memory would be left, from 0 to 1."""
    have = (node.get("status") or {}).get("allocatable") or {}
    shares = []
    for name in ("cpu", "memory"):
        there = amount(name, str(have.get(name, "0")))
        if there:
            shares.append(1 - (load.requested[name] + demand.requests.get(name, 0)) / there)
    return sum(shares) / len(shares) if shares else 0.0


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
