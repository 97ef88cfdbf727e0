"""The scheduler: gives pods their nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition, with_condition
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.scheduling.choice import Choice, unavailable
from owlab.pocket.kube.scheduling.loads import Loads
from owlab.pocket.kube.scheduling.node_affinity import chosen_by
from owlab.pocket.kube.scheduling.preemption import Preemption, may_preempt, priority
from owlab.pocket.kube.storage.binding import SELECTED_NODE
from owlab.pocket.kube.store import Change, Key

_PREEMPTION = ". preemption: "
_NAME = "default-scheduler"
_NO_VOLUME = "node(s) didn't match PersistentVolume's node affinity"


class Scheduler(Controller):
    """Binds pods to the node that fits best, once their claims allow it."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(plane)
        self.loads = Loads(plane.store)
        self._choice = Choice(plane.store, self.loads)
        self._preemption = Preemption(plane.store, self.loads, self._choice.nodes)
        self._unschedulable: dict[Key, None] = {}
        """Pods that no node took when they were looked at, in the order of that."""

    def watches(self) -> Mapping[str, Leads]:
        return {
            "Pod": self._of_pod,
            "Node": self._of_node,
            "PersistentVolumeClaim": self._all_waiting,
            "PersistentVolume": self._all_waiting,
            "StorageClass": self._all_waiting,
        }

    def _waiting(self) -> list[Key]:
        """The most important first."""
        pods = {key: self.store.at(key) for key in self._unschedulable}
        return sorted(pods, key=lambda key: -priority(pods[key] or {"spec": {}}))

    def _all_waiting(self, change: Change) -> list[Key]:
        return self._waiting()

    def _of_pod(self, change: Change) -> list[Key]:
        """One that waits, or room that another one has left, or a neighbour that has come."""
        if change.event == "DELETED":
            self._unschedulable.pop(change.key, None)
        if change.event != "DELETED" and not change.obj["spec"].get("nodeName"):
            return [change.key]
        phase = (change.obj.get("status") or {}).get("phase")
        ended = change.event == "DELETED" or phase in ("Succeeded", "Failed")
        moved = change.old is not None and not change.old["spec"].get("nodeName")
        return self._waiting() if ended or moved or change.old is None else []

    def _of_node(self, change: Change) -> list[Key]:
        old, new = change.old, change.obj
        if old is not None and change.event == "MODIFIED":
            same = old["spec"] == new["spec"]
            same &= old["metadata"].get("labels") == new["metadata"].get("labels")
            same &= old["status"].get("allocatable") == new["status"].get("allocatable")
            if same:
                return []
        return self._waiting()

    def reconcile(self, key: Key) -> None:
        pod = self.store.at(key)
        self._unschedulable.pop(key, None)
        if pod is None or pod["spec"].get("nodeName") or pod["metadata"].get("deletionTimestamp"):
            return
        if pod["spec"].get("schedulerName", _NAME) != _NAME:
            return
        if pod["spec"].get("schedulingGates"):
            self._gated(pod)
            return
        node, why = None, self._unbound(pod)
        if why is None:
            node, why = self._choice.of(pod, self._reachable(pod))
            if node is None:
                pod, why = self._preempt(pod, why)
        if node is None:
            self._unschedulable[key] = None
            self._pending(pod, why)
        else:
            self.bind(pod, node)

    def _preempt(self, pod: Object, why: str) -> tuple[Object, str]:
        """Make room for a more important pod; returns it, and what is told of it."""
        start, marker, _ = why.partition(_PREEMPTION)
        if not may_preempt(pod):
            return pod, f"{start}{marker}not eligible due to preemptionPolicy=Never." if (
                marker
            ) else why
        if self._preemption.waits(pod):
            return pod, f"{start}."
        found = self._preemption.of(pod, self._reachable(pod))
        if found is None:
            return pod, why
        status = {**(pod.get("status") or {}), "nominatedNodeName": found.node}
        pod = self.store.set_status(pod, status)
        for victim in found.victims:
            meta = victim["metadata"]
            if meta.get("deletionTimestamp"):
                continue
            said = f"Preempted by pod {pod['metadata']['uid']} on node {found.node}"
            self.recorder.record(victim, "Normal", "Preempted", said, _NAME)
            disrupted = with_condition(
                victim["status"],
                "DisruptionTarget",
                "True",
                self.clock.timestamp(),
                "PreemptionByScheduler",
                f"{_NAME}: preempting to accommodate a higher priority pod",
            )
            self.store.set_status(victim, disrupted)
            self.store.delete("Pod", meta["name"], meta["namespace"])
        return pod, f"{start}."

    def bind(self, pod: Object, node: str) -> None:
        """Put a pod on a node."""
        meta = pod["metadata"]
        now = self.clock.timestamp()
        self._select_node(pod, node)
        bound = self.store.update({**pod, "spec": {**pod["spec"], "nodeName": node}})
        status = with_condition(bound.get("status") or {}, "PodScheduled", "True", now)
        status.pop("nominatedNodeName", None)
        self.store.set_status(bound, status)
        said = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
        self.recorder.record(pod, "Normal", "Scheduled", said, _NAME)

    # -- volumes ---------------------------------------------------------------------------

    def _unbound(self, pod: Object) -> str | None:
        """Claims of class Immediate must be bound first; others wait for the pod's node."""
        count = len(self.store.list("Node"))
        for name in claim_names(pod):
            claim = self.store.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
            if claim is None:
                return unavailable(count, f'persistentvolumeclaim "{name}" not found')
            if claim["metadata"].get("deletionTimestamp"):
                return unavailable(count, f'persistentvolumeclaim "{name}" is being deleted')
            phase = claim["status"].get("phase")
            if phase == "Lost":
                volume = claim["spec"].get("volumeName", "")
                why = f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume'
                return unavailable(count, f'{why} "{volume}"')
            if phase == "Bound":
                continue
            kind = self.store.find("StorageClass", claim["spec"].get("storageClassName") or "")
            if kind is None or kind.get("volumeBindingMode") != "WaitForFirstConsumer":
                return unavailable(count, "pod has unbound immediate PersistentVolumeClaims")
        return None

    def _select_node(self, pod: Object, node: str) -> None:
        """Tell those that make volumes late where this pod's are wanted."""
        for name in claim_names(pod):
            claim = self.store.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
            if claim is None or claim["status"].get("phase") == "Bound":
                continue
            meta = claim["metadata"]
            annotations = {**(meta.get("annotations") or {}), SELECTED_NODE: node}
            self.store.update({**claim, "metadata": {**meta, "annotations": annotations}})

    def _reachable(self, pod: Object) -> Callable[[Object], str | None]:
        """Whether the pod's volumes can be used on a node."""
        selectors = []
        for name in claim_names(pod):
            claim = self.store.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
            volume = self.store.find(
                "PersistentVolume", ((claim or {}).get("spec") or {}).get("volumeName") or ""
            )
            required = (((volume or {}).get("spec") or {}).get("nodeAffinity") or {}).get(
                "required"
            )
            if required:
                selectors.append(required)
        return lambda node: (
            None if all(chosen_by(selector, node) for selector in selectors) else _NO_VOLUME
        )

    # -- what it says ----------------------------------------------------------------------

    def _gated(self, pod: Object) -> None:
        status = pod.get("status") or {}
        self.store.set_status(
            pod,
            with_condition(
                status,
                "PodScheduled",
                "False",
                self.clock.timestamp(),
                "SchedulingGated",
                "Scheduling is blocked due to non-empty scheduling gates",
            ),
        )

    def _pending(self, pod: Object, message: str) -> None:
        known = condition(pod, "PodScheduled")
        if known is not None and known.get("message") == message:
            return
        now = self.clock.timestamp()
        status = with_condition(
            pod.get("status") or {}, "PodScheduled", "False", now, "Unschedulable", message
        )
        self.store.set_status(pod, status)
        self.recorder.record(pod, "Warning", "FailedScheduling", message, _NAME)


def claim_names(pod: Object) -> list[str]:
    """The claims that a pod uses, those made for it alone among them."""
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(str(volume["persistentVolumeClaim"]["claimName"]))
        elif "ephemeral" in volume:
            found.append(f"{pod['metadata']['name']}-{volume['name']}")
    return found
