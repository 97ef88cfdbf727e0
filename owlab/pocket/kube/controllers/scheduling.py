"""Gives pods their nodes."""

from __future__ import annotations

from owlab.pocket.clock import Clock
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kubelet import set_condition
from owlab.pocket.kube.scheduler import choose
from owlab.pocket.kube.store import Store
from owlab.pocket.world import Object


class Scheduling:
    """Binds pods whose claims are bound to the node that fits best."""

    def __init__(self, store: Store, clock: Clock, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder

    def reconcile(self) -> None:
        """One look at every pod without a node."""
        pods = self._store.list("Pod")
        nodes = self._store.list("Node")
        for pod in pods:
            meta = pod["metadata"]
            if pod["spec"].get("nodeName"):
                continue
            if meta.get("deletionTimestamp"):
                self._store.remove("Pod", meta["name"], meta["namespace"])
                continue
            why = self._unbound(pod)
            node = None
            if why is None:
                node, why = choose(pod, nodes, pods, self._volumes(pod))
            if node is None:
                self._pending(pod, why or "")
            else:
                pod["spec"]["nodeName"] = node
                pod.update(self._store.update(pod))
                set_condition(pod["status"], "PodScheduled", True, self._clock.timestamp())
                self._store.update_status(pod)
                message = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
                self._recorder.record(pod, "Normal", "Scheduled", message, "default-scheduler")

    def _unbound(self, pod: Object) -> str | None:
        """Claims of class Immediate must be bound first; others wait for the pod's node."""
        for volume in pod["spec"].get("volumes") or []:
            name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            if not name:
                continue
            claim = self._store.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if claim["status"].get("phase") == "Bound":
                continue
            kind = self._store.find("StorageClass", claim["spec"].get("storageClassName") or "")
            if kind is None or kind.get("volumeBindingMode") != "WaitForFirstConsumer":
                available = f"0/{len(self._store.list('Node'))} nodes are available"
                return f"{available}: pod has unbound immediate PersistentVolumeClaims."
        return None

    def _volumes(self, pod: Object) -> list[Object]:
        """The volumes of the pod's claims that are bound."""
        found = []
        for volume in pod["spec"].get("volumes") or []:
            name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            claim = name and self._store.find(
                "PersistentVolumeClaim", name, pod["metadata"]["namespace"]
            )
            bound = claim and self._store.find(
                "PersistentVolume", claim["spec"].get("volumeName") or ""
            )
            if bound:
                found.append(bound)
        return found

    def _pending(self, pod: Object, message: str) -> None:
        conditions = pod["status"].setdefault("conditions", [])
        old = next((c for c in conditions if c["type"] == "PodScheduled"), None)
        if old is not None and old.get("message") == message:
            return
        pod["status"]["conditions"] = [c for c in conditions if c["type"] != "PodScheduled"] + [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": message,
                "lastTransitionTime": self._clock.timestamp(),
            }
        ]
        self._store.update_status(pod)
        self._recorder.record(pod, "Warning", "FailedScheduling", message, "default-scheduler")
