"""Volumes, claims and classes."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.validation.causes import Causes, at, unsupported, wrong

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_NOT_SOURCES = {
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
}


def claim(obj: Object) -> Causes:
    """A PersistentVolumeClaim."""
    spec = obj.get("spec") or {}
    causes = _modes(spec, "Required value: at least 1 access mode is required")
    size = at(spec, "resources", "requests", "storage")
    if size is None:
        causes.append(("spec.resources[storage]", "Required value"))
    elif quantity(size) <= 0:
        said = wrong(str(size), "must be greater than zero")
        causes.append(("spec.resources[storage]", said))
    return causes


def volume(obj: Object) -> Causes:
    """A PersistentVolume."""
    spec = obj.get("spec") or {}
    causes = _modes(spec, "Required value")
    if not at(spec, "capacity", "storage"):
        causes.append(("spec.capacity", "Required value"))
    if not set(spec) - _NOT_SOURCES:
        causes.append(("spec", "Required value: must specify a volume type"))
    return causes


def storage_class(obj: Object) -> Causes:
    """A StorageClass."""
    causes = [] if obj.get("provisioner") else [("provisioner", "Required value")]
    for field, allowed in (
        ("reclaimPolicy", ("Delete", "Retain")),
        ("volumeBindingMode", ("Immediate", "WaitForFirstConsumer")),
    ):
        if obj.get(field) and obj[field] not in allowed:
            causes.append((field, unsupported(obj[field], allowed)))
    return causes


def _modes(spec: Object, missing: str) -> Causes:
    modes = spec.get("accessModes") or []
    if not modes:
        return [("spec.accessModes", missing)]
    return [("spec.accessModes", unsupported(m, _MODES)) for m in modes if m not in _MODES]
