"""K3s' ``local-path``: directories on the node of the first pod that uses a claim."""

from __future__ import annotations

from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.storage.provisioner import CannotProvision, VolumeRequest, waiting_for
from owlab.pocket.kube.store import Store

NAME = "rancher.io/local-path"
DIRECTORY = "/var/lib/rancher/k3s/storage"


class LocalPath:
    """Makes and removes directories on nodes, while its own pod runs."""

    def __init__(self, store: Store, fleet: FleetView) -> None:
        self._store = store
        self._fleet = fleet

    def provision(self, request: VolumeRequest) -> Object:
        """A directory on the node."""
        self._require_pod()
        modes = set(request.claim["spec"]["accessModes"])
        if modes - {"ReadWriteOnce", "ReadWriteOncePod"}:
            raise CannotProvision(
                "Warning",
                "ProvisioningFailed",
                f'failed to provision volume with StorageClass "{_name(request.storage_class)}": '
                "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes",
            )
        node = request.node or ""
        machine = self._fleet.get(node)
        if machine is None or not machine.running:
            raise CannotProvision(
                "Warning",
                "ProvisioningFailed",
                f'failed to provision volume with StorageClass "{_name(request.storage_class)}": '
                f"failed to create volume {request.name}: create process timeout after 120 seconds",
            )
        meta = request.claim["metadata"]
        path = f"{DIRECTORY}/{request.name}_{meta['namespace']}_{meta['name']}"
        machine.mkdir(path, 0o777)
        host = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
        terms = [{"matchExpressions": [host]}]
        return {
            "hostPath": {"path": path, "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
        }

    def delete(self, volume: Object) -> None:
        """Remove the directory."""
        self._require_pod()
        term = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]
        node = term["matchExpressions"][0]["values"][0]
        machine = self._fleet.get(node)
        if machine is None:
            return  # with the machine went its disk
        if not machine.running:
            raise CannotProvision(
                "Warning", "VolumeFailedDelete", f"create process timeout after 120 seconds: {node}"
            )
        machine.remove(volume["spec"]["hostPath"]["path"])

    def _require_pod(self) -> None:
        for pod in self._store.list("Pod", "kube-system"):
            if pod["metadata"]["name"].startswith("local-path-provisioner") and is_ready(pod):
                return
        raise CannotProvision("Normal", "ExternalProvisioning", waiting_for(NAME))


def _name(storage_class: Object) -> str:
    return str(storage_class["metadata"]["name"])
