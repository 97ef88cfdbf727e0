"""Nodes as the scheduler sees them: worked out once for each change of a node."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.demands import Amounts, amounts
from owlab.pocket.kube.store import Change, Store

_PODS = 110
"""As many as a kubelet takes unless told otherwise."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """What counts of a node."""

    name: str
    node: Object
    labels: dict[str, str]
    unschedulable: bool
    taints: tuple[Object, ...]
    """Those that keep pods away."""
    soft_taints: tuple[Object, ...]
    """Those that only make it less wanted."""
    allocatable: Amounts

    @classmethod
    def of(cls, node: Object) -> NodeView:
        """The view of a node object."""
        spec = node.get("spec") or {}
        taints = spec.get("taints") or ()
        have = (node.get("status") or {}).get("allocatable")
        return cls(
            str(node["metadata"]["name"]),
            node,
            node["metadata"].get("labels") or {},
            bool(spec.get("unschedulable")),
            tuple(t for t in taints if t["effect"] in ("NoSchedule", "NoExecute")),
            tuple(t for t in taints if t["effect"] == "PreferNoSchedule"),
            {"pods": _PODS, **amounts(have)},
        )


class NodeViews:
    """All nodes; subscribes to the store."""

    def __init__(self, store: Store) -> None:
        self._views = {n["metadata"]["name"]: NodeView.of(n) for n in store.list("Node")}
        self._sorted: list[NodeView] | None = None
        store.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if change.key.kind != "Node" or change.key.group:
            return
        self._sorted = None
        if change.event == "DELETED":
            self._views.pop(change.key.name, None)
        else:
            self._views[change.key.name] = NodeView.of(change.obj)

    def all(self) -> list[NodeView]:
        """By name."""
        if self._sorted is None:
            self._sorted = [self._views[name] for name in sorted(self._views)]
        return self._sorted
