"""Deployments: a ReplicaSet for each template, moved from one to the next by the strategy."""

from __future__ import annotations

import copy

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.rollout import next_sizes
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kubelet import set_condition
from owlab.pocket.kube.shape import owned, owner_reference, template_hash
from owlab.pocket.kube.store import Store

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"


class Deployments:
    """Makes and scales the ReplicaSets of every Deployment."""

    def __init__(self, store: Store, clock: Clock, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder

    def reconcile(self) -> None:
        """One look at every Deployment."""
        for deployment in self._store.list("Deployment"):
            if not deployment["metadata"].get("deletionTimestamp"):
                self._deployment(deployment)

    def _deployment(self, deployment: Object) -> None:
        meta, spec = deployment["metadata"], deployment["spec"]
        sets = owned(self._store.list("ReplicaSet", meta["namespace"]), deployment)
        sets.sort(key=_revision)
        current = next((s for s in sets if _template(s) == spec["template"]), None)
        if spec.get("paused") and current is None:
            return
        if current is None:
            current = self._new_set(deployment, sets)
        elif current is not sets[-1]:
            # An older template is wanted again: its ReplicaSet becomes the newest revision.
            current["metadata"]["annotations"][REVISION] = str(_revision(sets[-1]) + 1)
            current.update(self._store.update(current))
        old = [s for s in sets if s is not current]
        revision = current["metadata"]["annotations"][REVISION]
        if (meta.get("annotations") or {}).get(REVISION) != revision:
            deployment["metadata"].setdefault("annotations", {})[REVISION] = revision
            deployment = self._store.update(deployment)
        sizes = next_sizes(deployment, current, old)
        for one in (current, *old):
            size = sizes.get(one["metadata"]["name"])
            if size is not None:
                self._scale(deployment, one, size)
        self._forget_history(spec, old)
        self._deployment_status(deployment, [*old, current], current)

    def _forget_history(self, spec: Object, old: list[Object]) -> None:
        idle = [s for s in old if not s["spec"]["replicas"] and not s["status"].get("replicas")]
        for one in idle[: max(len(idle) - int(spec.get("revisionHistoryLimit", 10)), 0)]:
            meta = one["metadata"]
            self._store.delete("ReplicaSet", meta["name"], meta["namespace"])

    def _new_set(self, deployment: Object, sets: list[Object]) -> Object:
        meta, spec = deployment["metadata"], deployment["spec"]
        wanted = template_hash(spec["template"])
        template = copy.deepcopy(spec["template"])
        template.setdefault("metadata", {}).setdefault("labels", {})[HASH] = wanted
        selector = copy.deepcopy(spec["selector"])
        selector.setdefault("matchLabels", {})[HASH] = wanted
        name = f"{meta['name']}-{wanted}"
        return self._store.create(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": name,
                    "namespace": meta["namespace"],
                    "labels": dict(template["metadata"]["labels"]),
                    "annotations": {REVISION: str(_revision(sets[-1]) + 1 if sets else 1)},
                    "ownerReferences": [owner_reference(deployment)],
                },
                "spec": {
                    "replicas": 0,
                    "selector": selector,
                    "template": template,
                },
                "status": {"replicas": 0},
            }
        )

    def _scale(self, deployment: Object, replicas: Object, count: int) -> None:
        before = replicas["spec"]["replicas"]
        replicas["spec"]["replicas"] = count
        replicas.update(self._store.update(replicas))
        way = "up" if count > before else "down"
        self._scaled(deployment, replicas["metadata"]["name"], way, before, count)

    def _scaled(self, deployment: Object, name: str, way: str, before: int, count: int) -> None:
        self._recorder.record(
            deployment,
            "Normal",
            "ScalingReplicaSet",
            f"Scaled {way} replica set {name} from {before} to {count}",
            "deployment-controller",
        )

    def _deployment_status(self, deployment: Object, sets: list[Object], current: Object) -> None:
        spec = deployment["spec"]
        ready = sum(s["status"].get("readyReplicas", 0) for s in sets)
        status: Object = copy.deepcopy(deployment.get("status") or {})
        counts = {
            "replicas": sum(s["status"].get("replicas", 0) for s in sets),
            "updatedReplicas": current["status"].get("replicas", 0),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": max(0, spec["replicas"] - ready),
        }
        for name, count in counts.items():
            status.pop(name, None)
            if count:
                status[name] = count
        status["observedGeneration"] = deployment["metadata"].get("generation", 1)
        now = self._clock.timestamp()
        set_condition(status, "Available", ready >= spec["replicas"], now)
        set_condition(status, "Progressing", True, now)
        done = ready >= spec["replicas"] and counts["updatedReplicas"] == spec["replicas"]
        name = current["metadata"]["name"]
        for condition in status["conditions"]:
            condition["lastUpdateTime"] = condition["lastTransitionTime"]
            if condition["type"] == "Progressing":
                condition["reason"] = "NewReplicaSetAvailable" if done else "ReplicaSetUpdated"
                condition["message"] = (
                    f'ReplicaSet "{name}" has successfully progressed.'
                    if done
                    else f'ReplicaSet "{name}" is progressing.'
                )
            else:
                available = condition["status"] == "True"
                condition["reason"] = (
                    "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable"
                )
                condition["message"] = (
                    "Deployment has minimum availability."
                    if available
                    else "Deployment does not have minimum availability."
                )
        deployment["status"] = status
        self._store.update_status(deployment)


def _revision(replicas: Object) -> int:
    return int((replicas["metadata"].get("annotations") or {}).get(REVISION, 0))


def _template(replicas: Object) -> Object:
    """A ReplicaSet's template as the Deployment had it."""
    template: Object = copy.deepcopy(replicas["spec"]["template"])
    template["metadata"]["labels"].pop(HASH, None)
    return template
