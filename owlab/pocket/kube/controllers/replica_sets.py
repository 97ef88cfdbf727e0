"""ReplicaSets and ReplicationControllers: as many pods of one template as are wanted."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true, with_condition, without_condition
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself, owner_of
from owlab.pocket.kube.controllers.replicas import (
    available_in,
    claimed,
    counted,
    first_to_go,
    is_active,
    selector_of,
)
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.object_state import is_ready, pod_of
from owlab.pocket.kube.store import Change, Key

_AT_ONCE = 20
"""Pods that are made or taken away before others have their turn."""
KINDS = ("ReplicaSet", "ReplicationController")


class ReplicaSets(Controller):
    """Makes and removes pods, and tells in the status how many there are."""

    def watches(self) -> Mapping[str, Leads]:
        return {
            "ReplicaSet": itself,
            "ReplicationController": itself,
            "Pod": self._of_pod,
        }

    def _of_pod(self, change: Change) -> list[Key]:
        """Its controller; of a pod without one, those that may adopt it."""
        keys = list(owner_of(*KINDS)(change))
        if keys or change.event == "DELETED":
            return keys
        labels = change.obj["metadata"].get("labels") or {}
        if not labels or change.obj["metadata"].get("ownerReferences"):
            return keys
        return [
            self.store.key_of(owner)
            for kind in KINDS
            for owner in self.store.list(kind, change.key.namespace)
            if selector_of(owner)(labels)
        ]

    def reconcile(self, key: Key) -> None:
        owner = self.store.at(key)
        if owner is None:
            return
        pods = [pod for pod in claimed(self.store, owner) if is_active(pod)]
        refused = None
        if not owner["metadata"].get("deletionTimestamp"):
            refused = self._resize(key, owner, pods)
        self._tell(key, owner, pods, refused)

    def _resize(self, key: Key, owner: Object, pods: list[Object]) -> ApiError | None:
        """Make or remove some; returns why no more can be made."""
        wanted = int(owner["spec"].get("replicas", 1))
        missing = wanted - len(pods)
        for _ in range(min(missing, _AT_ONCE)):
            try:
                pods.append(self._make(owner))
            except ApiError as error:
                said = f"Error creating: {error.message}"
                self.recorder.record(owner, "Warning", "FailedCreate", said, self._component(owner))
                return error
        for pod in first_to_go(pods)[: min(max(-missing, 0), _AT_ONCE)]:
            name = pod["metadata"]["name"]
            self.store.delete("Pod", name, key.namespace)
            pods.remove(pod)
            said = f"Deleted pod: {name}"
            self.recorder.record(owner, "Normal", "SuccessfulDelete", said, self._component(owner))
        if abs(missing) > _AT_ONCE:
            self.look(key)
        return None

    def _make(self, owner: Object) -> Object:
        name = owner["metadata"]["name"]
        pod = pod_of(owner["spec"]["template"], owner, generateName=f"{name}-")
        made = self.plane.admit(pod)
        said = f"Created pod: {made['metadata']['name']}"
        self.recorder.record(owner, "Normal", "SuccessfulCreate", said, self._component(owner))
        return made

    @staticmethod
    def _component(owner: Object) -> str:
        return "replicaset-controller" if owner["kind"] == KINDS[0] else "replication-controller"

    def _tell(self, key: Key, owner: Object, pods: list[Object], refused: ApiError | None) -> None:
        least = int(owner["spec"].get("minReadySeconds", 0))
        waits = [available_in(pod, least, self.clock) for pod in pods]
        later = [wait for wait in waits if wait]
        if later:
            self.look(key, min(later) + 0.01)
        labels = owner["spec"]["template"].get("metadata", {}).get("labels") or {}
        status = counted(
            owner.get("status"),
            {
                "replicas": len(pods),
                "fullyLabeledReplicas": sum(
                    labels.items() <= (p["metadata"].get("labels") or {}).items() for p in pods
                ),
                "readyReplicas": sum(is_ready(pod) for pod in pods),
                "availableReplicas": sum(wait == 0 for wait in waits),
            },
            always=("replicas",),
        )
        status["observedGeneration"] = owner["metadata"]["generation"]
        if refused is not None and not is_true({"status": status}, "ReplicaFailure"):
            # Its message stays as it was first: the next pod has another name.
            now = self.clock.timestamp()
            status = with_condition(
                status, "ReplicaFailure", "True", now, "FailedCreate", refused.message
            )
        elif refused is None:
            status = without_condition(status, "ReplicaFailure")
        self.store.set_status(owner, status)
        if refused is not None:
            raise refused
