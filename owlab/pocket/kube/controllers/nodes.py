"""Nodes: Ready while their machine and its K3s run; what happens to their pods otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.store import Store

UNREACHABLE = "node.kubernetes.io/unreachable"
_EVICTION_SECONDS = 300.0
_LEAST_SECONDS = 1.0
"""Also when time does not count, a machine that boots again keeps its pods."""
_CONDITIONS = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


class Nodes:
    """Keeps conditions and taints of nodes, and evicts pods of those that are lost."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        fleet: FleetView,
        recorder: Recorder,
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._recorder = recorder
        self._poke = poke
        self._lost: dict[str, float] = {}

    def reconcile(self) -> None:
        """One look at every node."""
        for node in self._store.list("Node"):
            name = node["metadata"]["name"]
            machine = self._fleet.get(name)
            up = (
                machine is not None
                and machine.running
                and (machine.service_active("k3s") or machine.service_active("k3s-agent"))
            )
            self._tell(node, up, machine.address if machine else "")
            if up:
                self._lost.pop(name, None)
            elif self._evicts(name):
                self._evict(name)

    def _tell(self, node: Object, up: bool, address: str) -> None:
        now = self._clock.timestamp()
        state = "True" if up else "Unknown"
        old = {c["type"]: c for c in node["status"].get("conditions") or []}
        conditions = [
            {
                "type": kind,
                "status": value if up else "Unknown",
                "reason": reason if up else "NodeStatusUnknown",
                "message": message if up else "Kubelet stopped posting node status.",
            }
            for kind, value, reason, message in _CONDITIONS
        ]
        conditions.append(
            {
                "type": "Ready",
                "status": state,
                "reason": "KubeletReady" if up else "NodeStatusUnknown",
                "message": "kubelet is posting ready status"
                if up
                else "Kubelet stopped posting node status.",
            }
        )
        for condition in conditions:
            before = old.get(condition["type"], {})
            same = before.get("status") == condition["status"]
            condition["lastTransitionTime"] = before.get("lastTransitionTime", now) if same else now
            condition["lastHeartbeatTime"] = before.get("lastHeartbeatTime", now) if same else now
        changed = old.get("Ready", {}).get("status") != state
        node["status"]["conditions"] = conditions
        if address:
            node["status"]["addresses"] = [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": node["metadata"]["name"]},
            ]
        self._store.update_status(node)
        if changed:
            self._taint(node["metadata"]["name"], not up)
            reason = "NodeReady" if up else "NodeNotReady"
            message = f"Node {node['metadata']['name']} status is now: {reason}"
            self._recorder.record(node, "Normal", reason, message, "node-controller")
            self._unready_pods(node["metadata"]["name"], up)

    def _taint(self, name: str, lost: bool) -> None:
        node = self._store.get("Node", name)
        taints = [t for t in node["spec"].get("taints") or [] if t["key"] != UNREACHABLE]
        if lost:
            taints += [{"key": UNREACHABLE, "effect": e} for e in ("NoSchedule", "NoExecute")]
        if taints:
            node["spec"]["taints"] = taints
        else:
            node["spec"].pop("taints", None)
        self._store.update(node)

    def _unready_pods(self, node: str, up: bool) -> None:
        """Pods of a lost node are not ready; after it comes back their containers start again."""
        for pod in self._store.list("Pod", fields=f"spec.nodeName={node}"):
            if pod["status"].get("phase") in ("Succeeded", "Failed"):
                continue
            for condition in pod["status"].get("conditions") or []:
                if condition["type"] in ("Ready", "ContainersReady") and not up:
                    condition["status"] = "False"
            if up:
                for status in pod["status"].get("containerStatuses") or []:
                    if "running" in status.get("state", {}):
                        status["restartCount"] += 1
                        status["ready"] = False
            self._store.update_status(pod)

    def _evicts(self, name: str) -> bool:
        wait = max(self._clock.scaled(_EVICTION_SECONDS), _LEAST_SECONDS)
        loop = asyncio.get_running_loop()
        if name not in self._lost:
            self._lost[name] = loop.time() + wait
            loop.call_later(wait + 0.01, self._poke)
        return loop.time() >= self._lost[name]

    def _evict(self, name: str) -> None:
        for pod in self._store.list("Pod", fields=f"spec.nodeName={name}"):
            meta = pod["metadata"]
            owners = {o["kind"] for o in meta.get("ownerReferences") or []}
            if not meta.get("deletionTimestamp") and "DaemonSet" not in owners:
                self._store.delete("Pod", meta["name"], meta["namespace"])
            elif "StatefulSet" in owners:
                # A real cluster waits for somebody to force this: the name is needed again.
                self._store.remove("Pod", meta["name"], meta["namespace"])


def node_object(
    name: str,
    address: str,
    *,
    role: str,
    version: str,
    labels: dict[str, str],
    cpus: int,
    memory: int,
    number: int,
) -> Object:
    """A Node as its kubelet registers it; ``number`` chooses the network of its pods."""
    network = f"10.42.{number}.0/24"
    resources = {
        "cpu": str(cpus),
        "memory": f"{memory // 1024}Ki",
        "pods": "110",
        "ephemeral-storage": "20Gi",
    }
    roles = {"node-role.kubernetes.io/control-plane": "true"} if role == "server" else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "k3s",
                **roles,
                **labels,
            },
            "annotations": {"k3s.io/internal-ip": address, "k3s.io/hostname": name},
        },
        "spec": {
            "podCIDR": network,
            "podCIDRs": [network],
            "providerID": f"k3s://{name}",
        },
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "osImage": "Ubuntu 24.04 LTS (pocket lab)",
                "kernelVersion": "6.8.0-pocket",
                "containerRuntimeVersion": "simulated://owlab",
                "kubeletVersion": version,
                "kubeProxyVersion": version,
                "machineID": name,
                "systemUUID": name,
                "bootID": name,
            },
        },
    }
