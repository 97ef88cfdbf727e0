"""``NoExecute`` taints: pods that do not tolerate them leave the node, at once or in a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.scheduling.node_affinity import toleration_seconds
from owlab.pocket.kube.store import Change, Key

_LEAST_SECONDS = 2.0
"""Also when time does not count, a machine that boots again keeps its pods."""
_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


class TaintEviction(Controller):
    """Deletes pods whose node has a taint that they do not tolerate any longer."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(plane)
        self._seen: dict[tuple[str, str, str], datetime] = {}

    def watches(self) -> Mapping[str, Leads]:
        return {"Node": self._of_node, "Pod": self._of_pod}

    def _of_node(self, change: Change) -> Iterable[Key]:
        if change.event == "DELETED" or not _taints(change.obj):
            return
        for pod in self.store.indexed("node", change.key.name):
            yield self.store.key_of(pod)

    def _of_pod(self, change: Change) -> Iterable[Key]:
        if change.event != "DELETED" and change.obj["spec"].get("nodeName"):
            yield change.key

    def reconcile(self, key: Key) -> None:
        pod = self.store.at(key)
        if pod is None:
            return
        node = self.store.find("Node", pod["spec"].get("nodeName") or "")
        taints = _taints(node) if node is not None else []
        for taint in taints:
            left = self._left(pod, taint, self._since(node, taint))
            if left is None:
                continue
            if left > 0:
                self.look(key, left + 0.01)
            elif taint["key"] == _OUT_OF_SERVICE:
                self.store.remove("Pod", key.name, key.namespace)
                return
            elif not pod["metadata"].get("deletionTimestamp"):
                said = f"Marking for deletion Pod {key.namespace}/{key.name}"
                self.recorder.record(
                    pod, "Normal", "TaintManagerEviction", said, "taint-eviction-controller"
                )
                self.store.delete("Pod", key.name, key.namespace)
                return

    def _since(self, node: Object | None, taint: Object) -> datetime:
        """From when a taint counts: what no controller set counts from when it was seen."""
        if "timeAdded" in taint:
            return datetime.fromisoformat(taint["timeAdded"])
        uid = str((node or {"metadata": {}})["metadata"].get("uid"))
        return self._seen.setdefault((uid, taint["key"], taint["effect"]), self.clock.now())

    def _left(self, pod: Object, taint: Object, since: datetime) -> float | None:
        """Seconds that the pod may stay; None for ever."""
        seconds = toleration_seconds(pod["spec"], taint)
        if seconds is None:
            return None
        wait = max(self.clock.scaled(seconds), _LEAST_SECONDS) if seconds else 0.0
        return wait - (self.clock.now() - since).total_seconds()


def _taints(node: Object) -> list[Object]:
    return [t for t in node["spec"].get("taints") or () if t["effect"] == "NoExecute"]
