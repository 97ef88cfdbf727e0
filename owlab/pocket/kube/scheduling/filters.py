"""Whether a node fits a pod, and the reason if not: the scheduler's own order and words."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.demands import Amounts, host_ports, requests
from owlab.pocket.kube.scheduling.loads import Load
from owlab.pocket.kube.scheduling.node_affinity import matches_node, selects_nodes, tolerates
from owlab.pocket.kube.scheduling.nodes import NodeView

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a node does not fit; ``room`` is true if it would when other pods went."""

    reasons: tuple[str, ...]
    room: bool = False


_UNSCHEDULABLE = Unfit(("node(s) were unschedulable",))
_UNWANTED = Unfit(("node(s) didn't match Pod's node affinity/selector",))


def unfit_by_itself(spec: Object, node: NodeView) -> Unfit | None:
    """What a node's own properties say, whoever is on it."""
    if node.unschedulable and not tolerates(spec, UNSCHEDULABLE):
        return _UNSCHEDULABLE
    for taint in node.taints:
        if not tolerates(spec, taint):
            return Unfit(
                (f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}",)
            )
    if selects_nodes(spec) and not matches_node(spec, node.node):
        return _UNWANTED
    return None


class Demand:
    """What one pod asks for, worked out once for all nodes."""

    def __init__(self, pod: Object) -> None:
        self.requests: Amounts = {name: n for name, n in requests(pod).items() if n}
        self._ports = host_ports(pod)

    def unfit(self, node: NodeView, load: Load) -> Unfit | None:
        """What is missing on a node with what is on it."""
        if self._ports and any(load.ports[port] > 0 for port in self._ports):
            why = "node(s) didn't have free ports for the requested pod ports"
            return Unfit((why,), room=True)
        reasons = []
        room = True
        if len(load.pods) + 1 > node.allocatable["pods"]:
            reasons.append("Too many pods")
        for name, wanted in self.requests.items():
            there = node.allocatable.get(name, 0)
            if wanted > there - load.requested[name]:
                reasons.append(f"Insufficient {name}")
                room = room and wanted <= there
        return Unfit(tuple(reasons), room) if reasons else None

    def free_share(self, node: NodeView, load: Load) -> float:
        """How much of the node's CPU and memory would be left, from 0 to 1, in steps of a tenth."""
        total = 0.0
        for name in ("cpu", "memory"):
            there = node.allocatable.get(name, 0)
            if there:
                total += 1 - (load.requested[name] + self.requests.get(name, 0)) / there
        return round(total / 2, 1)
