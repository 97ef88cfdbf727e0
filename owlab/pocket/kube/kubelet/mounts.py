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


def mount_problem(pod: Object, store: Store, fleet: FleetView, node: str) -> MountProblem | None:
    """The first volume that cannot be mounted, or None."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or []:
        name = volume["name"]
        problem = None
        if "secret" in volume and not volume["secret"].get("optional"):
            problem = _missing(store, "Secret", volume["secret"]["secretName"], namespace, name)
        elif "configMap" in volume and not volume["configMap"].get("optional"):
            problem = _missing(store, "ConfigMap", volume["configMap"]["name"], namespace, name)
        elif "nfs" in volume:
            problem = _nfs(fleet, node, volume["nfs"], name)
        elif "persistentVolumeClaim" in volume:
            problem = _claim(store, fleet, node, volume, namespace)
        if problem is not None:
            return problem
    return None


def _missing(
    store: Store, kind: str, name: str, namespace: str, volume: str
) -> MountProblem | None:
    if store.find(kind, name, namespace) is not None:
        return None
    return MountProblem(
        "FailedMount",
        f'MountVolume.SetUp failed for volume "{volume}" : {kind.lower()} "{name}" not found',
    )


def _nfs(fleet: FleetView, node: str, nfs: Object, volume: str) -> MountProblem | None:
    error = fleet.nfs_error(node, nfs["server"], nfs["path"])
    if error is None:
        return None
    return MountProblem(
        "FailedMount",
        f'MountVolume.SetUp failed for volume "{volume}" : mount failed: exit status 32\n'
        f"Mounting command: mount\nMounting arguments: -t nfs {nfs['server']}:{nfs['path']}\n"
        f"Output: {error.rstrip()}",
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
        return _nfs(fleet, node, source["spec"]["nfs"], source["metadata"]["name"])
    return None
