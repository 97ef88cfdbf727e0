"""Whether a node fits a pod, and the reason if not: the scheduler's own order and words."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.demands import amount, host_ports, requests
from owlab.pocket.kube.scheduling.loads import Load
from owlab.pocket.kube.scheduling.node_affinity import matches_node, tolerates

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a node does not fit; ``room`` is true if it would when other pods went."""

    reasons: tuple[str, ...]
    room: bool = False


def unfit_by_itself(spec: Object, node: Object) -> Unfit | None:
    """What a node's own properties say, whoever is on it."""
    if node["spec"].get("unschedulable") and not tolerates(spec, UNSCHEDULABLE):
        return Unfit(("node(s) were unschedulable",))
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] in ("NoSchedule", "NoExecute") and not tolerates(spec, taint):
            value = f": {taint['value']}" if taint.get("value") else ": "
            return Unfit((f"node(s) had untolerated taint {{{taint['key']}{value}}}",))
    if not matches_node(spec, node):
        return Unfit(("node(s) didn't match Pod's node affinity/selector",))
    return None


class Demand:
    """What one pod asks for, worked out once for all nodes."""

    def __init__(self, pod: Object) -> None:
        self._requests = requests(pod)
        self._ports = host_ports(pod)

    @property
    def requests(self) -> dict[str, int]:
        """By resource."""
        return self._requests

    def unfit(self, node: Object, load: Load) -> Unfit | None:
        """What is missing on a node with what is on it."""
        if any(load.ports[port] > 0 for port in self._ports):
            why = "node(s) didn't have free ports for the requested pod ports"
            return Unfit((why,), room=True)
        have = (node.get("status") or {}).get("allocatable") or {}
        reasons = []
        room = True
        if len(load.pods) + 1 > amount("pods", str(have.get("pods", "110"))):
            reasons.append("Too many pods")
        for name, wanted in self._requests.items():
            there = amount(name, str(have.get(name, "0")))
            if wanted and wanted > there - load.requested[name]:
                reasons.append(f"Insufficient {name}")
                room = room and wanted <= there
        return Unfit(tuple(reasons), room) if reasons else None
