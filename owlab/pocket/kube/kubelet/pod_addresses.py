"""Addresses of pods, from their node's own network."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Change, Store


class Addresses:
    """Gives out addresses, and takes them back from pods that are gone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._taken: dict[str, str] = {}
        self._last: dict[str, int] = {}
        for pod in store.list("Pod"):
            self._keep(pod)
        store.subscribe(self._changed)

    def _keep(self, pod: Object) -> None:
        address = (pod.get("status") or {}).get("podIP")
        if address and not pod["spec"].get("hostNetwork"):
            self._taken[address] = pod["metadata"]["uid"]

    def _changed(self, change: Change) -> None:
        if change.key.kind != "Pod" or change.key.group:
            return
        if change.event != "DELETED":
            self._keep(change.obj)
            return
        address = (change.obj.get("status") or {}).get("podIP")
        if address and self._taken.get(address) == change.obj["metadata"]["uid"]:
            del self._taken[address]

    def of(self, pod: Object) -> str:
        """A free address for a pod; the node's own where it uses the node's network."""
        if pod["spec"].get("hostNetwork"):
            return str(pod["status"]["hostIP"])
        node = self._store.find("Node", pod["spec"]["nodeName"]) or {"spec": {}}
        network = str(node["spec"].get("podCIDR", "10.42.0.0/24")).removesuffix(".0/24")
        # Not the lowest free one: an address is not given out again at once.
        for _ in range(253):
            number = self._last[network] = self._last.get(network, 0) % 253 + 1
            address = f"{network}.{number + 1}"
            if address not in self._taken:
                self._taken[address] = pod["metadata"]["uid"]
                return address
        return f"{network}.254"
