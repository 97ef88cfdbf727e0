"""Whether a pod's volumes can be mounted on its node, and if not why, in the kubelet's words."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.store import Store


@dataclass(frozen=True)
class MountProblem:
    """The reason and message of the event."""

    reason: str
    message: str


_HOST_PATHS = {
    "Directory": "a directory",
    "DirectoryOrCreate": "a directory",
    "File": "a file",
    "FileOrCreate": "a file",
    "Socket": "a socket file",
    "CharDevice": "a character device",
    "BlockDevice": "a block device",
}
_HELD = {"secret": ("Secret", "secret"), "configMap": ("ConfigMap", "config")}


def mount_problem(pod: Object, store: Store, fleet: FleetView, node: str) -> MountProblem | None:
    """The first volume that cannot be mounted, or None."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or []:
        name = volume["name"]
        said = None
        if "nfs" in volume:
            said = _nfs(fleet, node, volume["nfs"])
        elif "hostPath" in volume:
            said = _host_path(fleet, node, volume["hostPath"])
        elif "persistentVolumeClaim" in volume:
            problem = _claim(store, fleet, node, volume, namespace)
            if problem is not None:
                return problem
        else:
            for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
                said = said or _held(store, source, namespace)
        if said is not None:
            return _failed(name, said)
    return None


def _failed(volume: str, said: str) -> MountProblem:
    return MountProblem("FailedMount", f'MountVolume.SetUp failed for volume "{volume}" : {said}')


def _held(store: Store, source: Object, namespace: str) -> str | None:
    """What is missing of a ConfigMap or Secret, or of one of its keys."""
    for field, (kind, word) in _HELD.items():
        wanted = source.get(field)
        if wanted is None or wanted.get("optional"):
            continue
        name = wanted.get("name") or wanted.get("secretName") or ""
        held = store.find(kind, name, namespace)
        if held is None:
            return f'{kind.lower()} "{name}" not found'
        known = {*(held.get("data") or {}), *(held.get("binaryData") or {})}
        for item in wanted.get("items") or []:
            if item["key"] not in known:
                return f"references non-existent {word} key: {item['key']}"
    return None


def _host_path(fleet: FleetView, node: str, source: Object) -> str | None:
    sort, path, machine = str(source.get("type") or ""), source["path"], fleet.get(node)
    if not sort or machine is None:
        return None
    is_directory, is_file = machine.listdir(path) is not None, machine.read(path) is not None
    if sort == "FileOrCreate" and not is_directory and not is_file:
        machine.write(path, b"")
        return None
    missing = not is_directory and not is_file
    if (is_directory and "Directory" in sort) or (is_file and "File" in sort):
        return None
    if missing and sort == "DirectoryOrCreate":
        return None
    return f"hostPath type check failed: {path} is not {_HOST_PATHS.get(sort, sort)}"


def _nfs(fleet: FleetView, node: str, nfs: Object) -> str | None:
    error = fleet.nfs_error(node, nfs["server"], nfs["path"])
    if error is None:
        return None
    return (
        "mount failed: exit status 32\n"
        f"Mounting command: mount\nMounting arguments: -t nfs {nfs['server']}:{nfs['path']}\n"
        f"Output: {error.rstrip()}"
    )


def _claim(
    store: Store, fleet: FleetView, node: str, volume: Object, namespace: str
) -> MountProblem | None:
    claim = store.find(
        "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], namespace
    )
    if claim is None or claim["status"].get("phase") != "Bound":
        name, claim_name = volume["name"], volume["persistentVolumeClaim"]["claimName"]
        why = f"error processing PVC {namespace}/{claim_name}: PVC is not bound"
        if claim is None:
            why = f'persistentvolumeclaim "{claim_name}" not found'
        said = f"unmounted volumes=[{name}], unattached volumes=[], failed to process volumes=[]"
        return MountProblem("FailedMount", f"Unable to attach or mount volumes: {said}: {why}")
    source = store.find("PersistentVolume", claim["spec"]["volumeName"])
    if source is not None and "nfs" in source["spec"]:
        error = _nfs(fleet, node, source["spec"]["nfs"])
        return None if error is None else _failed(source["metadata"]["name"], error)
    return None
