"""The NFS subdirectory provisioner: a directory of its export for each claim."""

from __future__ import annotations

import posixpath
import re

from owlab.pocket.ground.views import FleetView, MachineView, Object
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.storage.provisioner import (
    PROVISIONED_BY,
    CannotProvision,
    VolumeRequest,
    waiting_for,
)
from owlab.pocket.kube.store import Store

_IMAGES = ("nfs-subdir-external-provisioner", "nfs-client-provisioner")
_RETIRED = "quay.io/external_storage/nfs-client-provisioner"
_PLACEHOLDER = re.compile(r"\$\{\.PVC\.((?:labels|annotations)\.(.*?)|.*?)\}")


class NfsSubdir:
    """All provisioners of this kind, told apart by their ``PROVISIONER_NAME``."""

    def __init__(self, store: Store, fleet: FleetView) -> None:
        self._store = store
        self._fleet = fleet

    def provision(self, request: VolumeRequest) -> Object:
        """A directory below the export that the provisioner's pod has mounted."""
        name = str(request.storage_class["provisioner"])
        pod = self._pod(name)
        if pod is None:
            raise CannotProvision("Normal", "ExternalProvisioning", waiting_for(name))
        if _RETIRED in pod["spec"]["containers"][0]["image"]:
            raise CannotProvision(
                "Warning",
                "ProvisioningFailed",
                "unexpected error getting claim reference: selfLink was empty, "
                "can't make reference",
            )
        nfs = _mounted(pod)
        machine = self._server(pod, nfs)
        directory = posixpath.normpath(f"{nfs['path']}/{_directory(request)}")
        machine.mkdir(directory, 0o777)
        return {"nfs": {"server": nfs["server"], "path": directory}}

    def delete(self, volume: Object) -> None:
        """Remove the directory, keep it, or put it aside, as the class says."""
        name = str(volume["metadata"]["annotations"][PROVISIONED_BY])
        pod = self._pod(name)
        if pod is None:
            raise CannotProvision("Normal", "ExternalProvisioning", waiting_for(name))
        nfs = _mounted(pod)
        machine = self._server(pod, nfs)
        path = posixpath.normpath(volume["spec"]["nfs"]["path"])
        if machine.listdir(path) is None:
            return
        kind = self._store.find("StorageClass", volume["spec"].get("storageClassName", "")) or {}
        parameters = kind.get("parameters") or {}
        match parameters.get("onDelete", ""):
            case "delete":
                machine.remove(path)
            case "retain":
                pass
            case _ if str(parameters.get("archiveOnDelete", "true")).lower() in ("false", "f", "0"):
                machine.remove(path)
            case _:
                aside = posixpath.join(nfs["path"], f"archived-{posixpath.basename(path)}")
                machine.rename(path, aside)

    def _pod(self, name: str) -> Object | None:
        """The running pod of the provisioner with this name."""
        for pod in self._store.list("Pod"):
            for container in pod["spec"]["containers"]:
                env = {e["name"]: e.get("value") for e in container.get("env") or []}
                if env.get("PROVISIONER_NAME") != name or not is_ready(pod):
                    continue
                if any(image in container["image"] for image in _IMAGES) and _mounted(pod):
                    return pod
        return None

    def _server(self, pod: Object, nfs: Object) -> MachineView:
        """The NFS server's machine, when the provisioner's node can reach it."""
        node = pod["spec"]["nodeName"]
        problem = self._fleet.nfs_error(node, nfs["server"], nfs["path"])
        machine = self._fleet.nfs_server(nfs["server"])
        if problem is not None and "helper program" in problem:
            problem = None  # the pod has its mount: what made it may be gone since
        if problem is not None or machine is None:
            why = (problem or "the server does not answer").strip()
            raise CannotProvision(
                "Warning", "ProvisioningFailed", f"unable to create directory to provision: {why}"
            )
        return machine


def _mounted(pod: Object) -> Object:
    """The export that a pod mounts."""
    for volume in pod["spec"].get("volumes") or ():
        if "nfs" in volume:
            found: Object = volume["nfs"]
            return found
    return {}


def _directory(request: VolumeRequest) -> str:
    """``<namespace>-<claim>-<volume>``, or what the class' ``pathPattern`` says."""
    meta = request.claim["metadata"]
    pattern = (request.storage_class.get("parameters") or {}).get("pathPattern")
    if not pattern:
        return f"{meta['namespace']}-{meta['name']}-{request.name}"

    def value(match: re.Match[str]) -> str:
        what, _, key = match[1].partition(".")
        if what in ("labels", "annotations"):
            return str((meta.get(what) or {}).get(key, ""))
        return str(meta.get(what, ""))

    return _PLACEHOLDER.sub(value, pattern)
