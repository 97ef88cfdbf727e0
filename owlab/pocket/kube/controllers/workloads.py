"""ReplicaSets, StatefulSets and DaemonSets."""

from __future__ import annotations

import copy
from typing import Any

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.scheduler import DAEMON_TOLERATIONS, belongs
from owlab.pocket.kube.shape import (
    is_finished,
    is_ready,
    owned,
    pod_of,
    template_hash,
)
from owlab.pocket.kube.store import Store


class Workloads:
    """Makes the pods that workloads ask for, and tells in their status how far that is."""

    def __init__(self, store: Store, clock: Clock, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder

    def reconcile(self) -> None:
        """One look at every workload."""
        for replicas in self._store.list("ReplicaSet"):
            if not replicas["metadata"].get("deletionTimestamp"):
                self._replica_set(replicas)
        for stateful in self._store.list("StatefulSet"):
            if not stateful["metadata"].get("deletionTimestamp"):
                self._stateful_set(stateful)
        for daemon in self._store.list("DaemonSet"):
            if not daemon["metadata"].get("deletionTimestamp"):
                self._daemon_set(daemon)

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
        revision = _revision(stateful)
        ready = current = 0
        for index in range(spec["replicas"]):
            name = f"{meta['name']}-{index}"
            pod = every.get(name)
            if pod is None:
                self._make_member(stateful, name, index, revision)
                break
            current += 1
            if pod["metadata"].get("deletionTimestamp"):
                break
            if is_finished(pod) or (not is_ready(pod) and self._outdated(stateful, pod)):
                self._store.delete("Pod", name, meta["namespace"])
                break
            if is_ready(pod):
                ready += 1
            elif spec.get("podManagementPolicy") != "Parallel":
                break
        if ready == spec["replicas"]:
            self._replace_last(stateful, every)
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
            "updatedReplicas": sum(not self._outdated(stateful, pod) for pod in every.values()),
            "currentRevision": revision,
            "updateRevision": revision,
            "collisionCount": 0,
        }
        stateful["status"] = status
        self._store.update_status(stateful)

    def _outdated(self, stateful: Object, pod: Object) -> bool:
        """The member is of an older template, and the strategy lets it be replaced."""
        strategy = stateful["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return False
        number = int(pod["metadata"]["name"].rpartition("-")[2])
        if number < (strategy.get("rollingUpdate") or {}).get("partition", 0):
            return False
        labels = pod["metadata"]["labels"]
        return bool(labels.get("controller-revision-hash") != _revision(stateful))

    def _replace_last(self, stateful: Object, members: dict[str, Object]) -> None:
        """While all are ready, the last outdated member goes: one at a time, from the end."""
        outdated = [pod for pod in members.values() if self._outdated(stateful, pod)]
        if outdated:
            last = max(outdated, key=lambda p: int(p["metadata"]["name"].rpartition("-")[2]))
            self._store.delete("Pod", last["metadata"]["name"], last["metadata"]["namespace"])

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
        nodes = [n["metadata"]["name"] for n in self._store.list("Node") if belongs(daemon, n)]
        revision = template_hash(daemon["spec"]["template"])
        pods = {}
        for pod in self._live(daemon):
            labels = pod["metadata"]["labels"]
            if pod["spec"].get("nodeName") in nodes and (
                labels.get("controller-revision-hash") == revision
            ):
                pods[pod["spec"]["nodeName"]] = pod
            else:
                self._store.delete("Pod", pod["metadata"]["name"], meta["namespace"])
        for node in nodes:
            if node not in pods:
                pod = pod_of(
                    daemon["spec"]["template"],
                    daemon,
                    generateName=f"{meta['name']}-",
                    labels={"controller-revision-hash": revision},
                )
                pod["spec"]["nodeName"] = node
                pod["spec"]["tolerations"] = [
                    *(pod["spec"].get("tolerations") or []),
                    *DAEMON_TOLERATIONS,
                ]
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


def _revision(stateful: Object) -> str:
    return f"{stateful['metadata']['name']}-{template_hash(stateful['spec']['template'])}"
