"""The columns of storage."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import AGE, NAME, Cell, Column, at, col, name_of, wide


def _modes(obj: Object) -> str:
    short = {
        "ReadWriteOnce": "RWO",
        "ReadOnlyMany": "ROX",
        "ReadWriteMany": "RWX",
        "ReadWriteOncePod": "RWOP",
    }
    modes = obj.get("status", {}).get("accessModes") or obj["spec"].get("accessModes") or []
    return ",".join(short.get(m, m) for m in modes)


def _claim_bound(cell: Cell) -> Cell:
    return lambda obj: cell(obj) if obj["spec"].get("volumeName") else ""


def _claim_status(obj: Object) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str(obj.get("status", {}).get("phase", ""))


def _volume_claim(obj: Object) -> str:
    claim = obj["spec"].get("claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def _claim_state(obj: Object) -> str:
    """Of a claim of devices."""
    if obj["metadata"].get("deletionTimestamp"):
        return "deleted"
    status = obj.get("status") or {}
    if not status.get("allocation"):
        return "pending"
    return "allocated,reserved" if status.get("reservedFor") else "allocated"


def _yes(name: str, default: bool) -> Cell:
    return lambda obj: str(bool(obj["spec"].get(name, default))).lower()


def _audiences(obj: Object) -> str:
    found = obj["spec"].get("tokenRequests") or []
    return ",".join(one.get("audience", "") for one in found) or "<unset>"


def _class_name(obj: Object) -> str:
    default = "storageclass.kubernetes.io/is-default-class"
    is_default = (obj["metadata"].get("annotations") or {}).get(default) == "true"
    return name_of(obj) + (" (default)" if is_default else "")


COLUMNS: dict[str, list[Column]] = {
    "PersistentVolumeClaim": [
        NAME,
        col("Status", _claim_status),
        col("Volume", at("spec", "volumeName")),
        col("Capacity", _claim_bound(at("status", "capacity", "storage"))),
        col("Access Modes", _claim_bound(_modes)),
        col("StorageClass", at("spec", "storageClassName")),
        col("VolumeAttributesClass", at("spec", "volumeAttributesClassName", default="<unset>")),
        AGE,
        wide("VolumeMode", at("spec", "volumeMode")),
    ],
    "PersistentVolume": [
        NAME,
        col("Capacity", at("spec", "capacity", "storage")),
        col("Access Modes", _modes),
        col("Reclaim Policy", at("spec", "persistentVolumeReclaimPolicy")),
        col("Status", _claim_status),
        col("Claim", _volume_claim),
        col("StorageClass", at("spec", "storageClassName")),
        col("VolumeAttributesClass", at("spec", "volumeAttributesClassName", default="<unset>")),
        col("Reason", at("status", "reason")),
        AGE,
        wide("VolumeMode", at("spec", "volumeMode")),
    ],
    "VolumeAttributesClass": [NAME, col("DriverName", at("driverName")), AGE],
    "CSIDriver": [
        NAME,
        col("AttachRequired", _yes("attachRequired", True)),
        col("PodInfoOnMount", _yes("podInfoOnMount", False)),
        col("StorageCapacity", _yes("storageCapacity", False)),
        col("TokenRequests", _audiences),
        col("RequiresRepublish", _yes("requiresRepublish", False)),
        col("Modes", lambda o: ",".join(o["spec"].get("volumeLifecycleModes") or ["Persistent"])),
        AGE,
    ],
    "CSIStorageCapacity": [
        NAME,
        col("StorageClassName", at("storageClassName")),
        col("Capacity", at("capacity", default="<unset>")),
    ],
    "VolumeAttachment": [
        NAME,
        col("Attacher", at("spec", "attacher")),
        col("PV", at("spec", "source", "persistentVolumeName")),
        col("Node", at("spec", "nodeName")),
        col("Attached", lambda o: str((o.get("status") or {}).get("attached", False)).lower()),
        AGE,
    ],
    "ResourceClaim": [NAME, col("State", _claim_state), AGE],
    "ResourceSlice": [
        NAME,
        col("Node", at("spec", "nodeName", default="<unset>")),
        col("Driver", at("spec", "driver")),
        col("Pool", at("spec", "pool", "name")),
        AGE,
    ],
    "StorageClass": [
        col("Name", _class_name),
        col("Provisioner", at("provisioner")),
        col("ReclaimPolicy", at("reclaimPolicy")),
        col("VolumeBindingMode", at("volumeBindingMode")),
        col("AllowVolumeExpansion", at("allowVolumeExpansion", default=False)),
        AGE,
    ],
}
