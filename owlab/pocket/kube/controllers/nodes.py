"""Nodes: Ready while their machine and its K3s run, tainted otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube import node_passwords
from owlab.pocket.kube.conditions import condition, is_true, since, with_condition
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.object_state import is_finished
from owlab.pocket.kube.store import Key

UNREACHABLE = "node.kubernetes.io/unreachable"
_CONDITIONS = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)
_LOST = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")


def kubelet_runs(machine: MachineView | None) -> bool:
    """The machine is up, and K3s on it."""
    return (
        machine is not None
        and machine.running
        and (machine.service_active("k3s") or machine.service_active("k3s-agent"))
    )


class Nodes(Controller):
    """Keeps conditions, addresses and taints of nodes; removes pods whose node is gone."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Node": itself}

    def machines_changed(self) -> None:
        self.look_at_all("Node")

    def reconcile(self, key: Key) -> None:
        node = self.store.at(key)
        if node is None:
            self._remove_pods(key.name)
            node_passwords.forget(self.store, key.name)
            return
        machine = self.plane.fleet.get(key.name)
        up = kubelet_runs(machine)
        was = (condition(node, "Ready") or {}).get("status")
        node = self._taint(node, not up)
        node = self._tell(node, up, machine.address if machine else "")
        if was != ("True" if up else "Unknown"):
            reason = "NodeReady" if up else "NodeNotReady"
            said = f"Node {key.name} status is now: {reason}"
            self.recorder.record(node, "Normal", reason, said, "node-controller")
            if not up:
                self._unready_pods(key.name)

    def _tell(self, node: Object, up: bool, address: str) -> Object:
        now = self.clock.timestamp()
        status = node["status"]
        for kind, *state in _CONDITIONS:
            value, reason, message = state if up else _LOST
            # Told when something changes only: a heartbeat would write each node again and again.
            beat = since(status, kind, value, now)
            status = with_condition(
                status, kind, value, now, reason, message, lastHeartbeatTime=beat
            )
        if address:
            addresses = [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": node["metadata"]["name"]},
            ]
            status = {**status, "addresses": addresses}
        return self.store.set_status(node, status)

    def _taint(self, node: Object, lost: bool) -> Object:
        known = node["spec"].get("taints") or []
        taints = [t for t in known if t["key"] != UNREACHABLE]
        if lost and len(taints) == len(known):
            since = {"timeAdded": self.clock.timestamp()}
            taints.append({"key": UNREACHABLE, "effect": "NoSchedule", **since})
            taints.append({"key": UNREACHABLE, "effect": "NoExecute", **since})
        elif lost:
            return node
        if taints == known:
            return node
        spec = {name: value for name, value in node["spec"].items() if name != "taints"}
        return self.store.update({**node, "spec": {**spec, "taints": taints} if taints else spec})

    def _unready_pods(self, node: str) -> None:
        """Nobody tells any more how the pods of a lost node are."""
        now = self.clock.timestamp()
        for pod in self.store.indexed("node", node):
            if is_finished(pod):
                continue
            if is_true(pod, "Ready"):
                self.store.set_status(pod, with_condition(pod["status"], "Ready", "False", now))
            said = "Node is not ready"
            self.recorder.record(pod, "Warning", "NodeNotReady", said, "node-controller")

    def _remove_pods(self, node: str) -> None:
        """A node that was deleted has no kubelet that could end its pods."""
        for pod in self.store.indexed("node", node):
            self.store.remove("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
