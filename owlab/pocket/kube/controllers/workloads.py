"""Deployments, ReplicaSets, StatefulSets and DaemonSets."""

from __future__ import annotations

import copy
from typing import Any

from owlab.pocket.clock import Clock
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kubelet import set_condition
from owlab.pocket.kube.shape import (
    is_finished,
    is_ready,
    owned,
    owner_reference,
    pod_of,
    template_hash,
)
from owlab.pocket.kube.store import Store
from owlab.pocket.world import Object

REVISION = "deployment.kubernetes.io/revision"


class Workloads:
    """Makes the pods that workloads ask for, and tells in their status how far that is."""

    def __init__(self, store: Store, clock: Clock, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder

    def reconcile(self) -> None:
        """One look at every workload."""
        for deployment in self._store.list("Deployment"):
            if not deployment["metadata"].get("deletionTimestamp"):
                self._deployment(deployment)
        for replicas in self._store.list("ReplicaSet"):
            if not replicas["metadata"].get("deletionTimestamp"):
                self._replica_set(replicas)
        for stateful in self._store.list("StatefulSet"):
            if not stateful["metadata"].get("deletionTimestamp"):
                self._stateful_set(stateful)
        for daemon in self._store.list("DaemonSet"):
            if not daemon["metadata"].get("deletionTimestamp"):
                self._daemon_set(daemon)

    # -- Deployments -----------------------------------------------------------------------

    def _deployment(self, deployment: Object) -> None:
        meta, spec = deployment["metadata"], deployment["spec"]
        sets = owned(self._store.list("ReplicaSet", meta["namespace"]), deployment)
        wanted = template_hash(spec["template"])
        current = next(
            (s for s in sets if s["metadata"]["labels"].get("pod-template-hash") == wanted), None
        )
        if spec.get("paused") and current is None:
            return
        if current is None:
            current = self._new_set(deployment, wanted, sets)
            sets.append(current)
        revision = current["metadata"]["annotations"][REVISION]
        if (meta.get("annotations") or {}).get(REVISION) != revision:
            deployment["metadata"].setdefault("annotations", {})[REVISION] = revision
            deployment = self._store.update(deployment)
        if current["spec"]["replicas"] != spec["replicas"]:
            self._scale(deployment, current, spec["replicas"])
        available = current["status"].get("readyReplicas", 0)
        if available >= spec["replicas"]:
            for old in sets:
                if old is not current and old["spec"]["replicas"]:
                    self._scale(deployment, old, 0)
        self._deployment_status(deployment, sets, current)

    def _new_set(self, deployment: Object, wanted: str, sets: list[Object]) -> Object:
        meta, spec = deployment["metadata"], deployment["spec"]
        revisions = [int(s["metadata"]["annotations"].get(REVISION, 0)) for s in sets]
        template = copy.deepcopy(spec["template"])
        template.setdefault("metadata", {}).setdefault("labels", {})["pod-template-hash"] = wanted
        selector = copy.deepcopy(spec["selector"])
        selector.setdefault("matchLabels", {})["pod-template-hash"] = wanted
        name = f"{meta['name']}-{wanted}"
        made = self._store.create(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": name,
                    "namespace": meta["namespace"],
                    "labels": dict(template["metadata"]["labels"]),
                    "annotations": {REVISION: str(max(revisions, default=0) + 1)},
                    "ownerReferences": [owner_reference(deployment)],
                },
                "spec": {
                    "replicas": spec["replicas"],
                    "selector": selector,
                    "template": template,
                },
                "status": {"replicas": 0},
            }
        )
        self._scaled(deployment, name, "up", 0, spec["replicas"])
        return made

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

    # -- ReplicaSets -----------------------------------------------------------------------

    def _replica_set(self, replicas: Object) -> None:
        meta, spec = replicas["metadata"], replicas["spec"]
        pods = self._live(replicas)
        for _ in range(spec["replicas"] - len(pods)):
            made = self._store.create(
                pod_of(spec["template"], replicas, generateName=f"{meta['name']}-")
            )
            pods.append(made)
            self._created(replicas, made, "replicaset-controller")
        extra = len(pods) - spec["replicas"]
        for pod in sorted(pods, key=lambda p: (is_ready(p), p["metadata"]["name"]))[
            : max(extra, 0)
        ]:
            self._store.delete("Pod", pod["metadata"]["name"], meta["namespace"])
            pods.remove(pod)
        ready = sum(1 for pod in pods if is_ready(pod))
        self._counts(
            replicas,
            replicas=len(pods),
            readyReplicas=ready,
            availableReplicas=ready,
            fullyLabeledReplicas=len(pods),
        )

    def _live(self, owner: Object) -> list[Object]:
        return [
            pod
            for pod in owned(self._store.list("Pod", owner["metadata"]["namespace"]), owner)
            if not pod["metadata"].get("deletionTimestamp") and not is_finished(pod)
        ]

    def _created(self, owner: Object, pod: Object, component: str) -> None:
        message = f"Created pod: {pod['metadata']['name']}"
        self._recorder.record(owner, "Normal", "SuccessfulCreate", message, component)

    def _counts(self, owner: Object, **counts: int) -> None:
        status = {k: v for k, v in (owner.get("status") or {}).items() if k not in counts}
        status |= {name: count for name, count in counts.items() if count or name == "replicas"}
        status["observedGeneration"] = owner["metadata"].get("generation", 1)
        owner["status"] = status
        self._store.update_status(owner)

    # -- StatefulSets ----------------------------------------------------------------------

    def _stateful_set(self, stateful: Object) -> None:
        meta, spec = stateful["metadata"], stateful["spec"]
        every = {
            p["metadata"]["name"]: p
            for p in owned(self._store.list("Pod", meta["namespace"]), stateful)
        }
        revision = f"{meta['name']}-{template_hash(spec['template'])}"
        ready = current = 0
        for index in range(spec["replicas"]):
            name = f"{meta['name']}-{index}"
            pod = every.get(name)
            if pod is None:
                self._make_member(stateful, name, index, revision)
                break
            current += 1
            labels = pod["metadata"]["labels"]
            if pod["metadata"].get("deletionTimestamp"):
                break
            if labels.get("controller-revision-hash") != revision or is_finished(pod):
                self._store.delete("Pod", name, meta["namespace"])
                break
            if is_ready(pod):
                ready += 1
            elif spec.get("podManagementPolicy") != "Parallel":
                break
        for name, pod in every.items():
            number = int(name.rpartition("-")[2])
            if number >= spec["replicas"] and not pod["metadata"].get("deletionTimestamp"):
                self._store.delete("Pod", name, meta["namespace"])
        status: dict[str, Any] = {
            "observedGeneration": meta.get("generation", 1),
            "replicas": len(every),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": current,
            "updatedReplicas": current,
            "currentRevision": revision,
            "updateRevision": revision,
            "collisionCount": 0,
        }
        stateful["status"] = status
        self._store.update_status(stateful)

    def _make_member(self, stateful: Object, name: str, index: int, revision: str) -> None:
        spec = stateful["spec"]
        labels = {
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(index),
            "controller-revision-hash": revision,
        }
        pod = pod_of(spec["template"], stateful, name=name, labels=labels)
        for template in spec.get("volumeClaimTemplates") or []:
            claim_name = f"{template['metadata']['name']}-{name}"
            namespace = stateful["metadata"]["namespace"]
            if self._store.find("PersistentVolumeClaim", claim_name, namespace) is None:
                claim = copy.deepcopy(template)
                claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
                claim["metadata"] |= {"name": claim_name, "namespace": namespace}
                claim["status"] = {"phase": "Pending"}
                self._store.create(claim)
            pod["spec"].setdefault("volumes", []).append(
                {
                    "name": template["metadata"]["name"],
                    "persistentVolumeClaim": {"claimName": claim_name},
                }
            )
        pod["spec"]["hostname"] = name
        self._store.create(pod)
        owner = stateful["metadata"]["name"]
        message = f"create Pod {name} in StatefulSet {owner} successful"
        self._recorder.record(
            stateful, "Normal", "SuccessfulCreate", message, "statefulset-controller"
        )

    # -- DaemonSets ------------------------------------------------------------------------

    def _daemon_set(self, daemon: Object) -> None:
        meta = daemon["metadata"]
        nodes = [n["metadata"]["name"] for n in self._store.list("Node")]
        pods = {p["spec"].get("nodeName"): p for p in self._live(daemon)}
        for node in nodes:
            if node not in pods:
                pod = pod_of(daemon["spec"]["template"], daemon, generateName=f"{meta['name']}-")
                pod["spec"]["nodeName"] = node
                pods[node] = self._store.create(pod)
        ready = sum(1 for pod in pods.values() if is_ready(pod))
        daemon["status"] = {
            "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": len(pods),
            "updatedNumberScheduled": len(pods),
            "numberReady": ready,
            "numberAvailable": ready,
            "numberMisscheduled": 0,
            "observedGeneration": meta.get("generation", 1),
        }
        self._store.update_status(daemon)
