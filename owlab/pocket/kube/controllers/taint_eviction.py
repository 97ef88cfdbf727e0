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
        """When a pod met a taint, by the pod's uid and the taint's key and effect."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Node": self._of_node, "Pod": self._of_pod}

    def _of_node(self, change: Change) -> Iterable[Key]:
        if change.event == "DELETED" or not _taints(change.obj):
            return
        for pod in self.store.indexed("node", change.key.name):
            yield self.store.key_of(pod)

    def _of_pod(self, change: Change) -> Iterable[Key]:
        if change.event == "DELETED":
            self._forget(change.obj, set())
        elif change.obj["spec"].get("nodeName"):
            yield change.key

    def reconcile(self, key: Key) -> None:
        pod = self.store.at(key)
        if pod is None:
            return
        node = self.store.find("Node", pod["spec"].get("nodeName") or "")
        taints = _taints(node) if node is not None else []
        self._forget(pod, {(taint["key"], taint["effect"]) for taint in taints})
        for taint in taints:
            left = self._left(pod, taint, self._since(pod, taint))
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

    def _since(self, pod: Object, taint: Object) -> datetime:
        """When the pod met the taint: its time of toleration begins then."""
        key = (str(pod["metadata"]["uid"]), taint["key"], taint["effect"])
        return self._seen.setdefault(key, self.clock.now())

    def _forget(self, pod: Object, left: set[tuple[str, str]]) -> None:
        """Taints that are gone count anew when they come back."""
        uid = str(pod["metadata"]["uid"])
        for key in [k for k in self._seen if k[0] == uid and k[1:] not in left]:
            del self._seen[key]

    def _left(self, pod: Object, taint: Object, since: datetime) -> float | None:
        """Seconds that the pod may stay; None for ever."""
        seconds = toleration_seconds(pod["spec"], taint)
        if seconds is None:
            return None
        wait = max(self.clock.scaled(seconds), _LEAST_SECONDS) if seconds else 0.0
        return wait - (self.clock.now() - since).total_seconds()


def _taints(node: Object) -> list[Object]:
    return [t for t in node["spec"].get("taints") or () if t["effect"] == "NoExecute"]
