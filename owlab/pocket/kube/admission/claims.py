"""Claims grow only where their class lets them."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.kinds import built_in
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.validation.causes import at


def check(store: Store, obj: Object, old: Object | None) -> None:
    """Raise Denied for a claim that cannot grow."""
    if built_in(obj) != "PersistentVolumeClaim" or old is None:
        return
    path = ("spec", "resources", "requests", "storage")
    if quantity(at(obj, *path) or 0) <= quantity(at(old, *path) or 0):
        return
    name = obj["metadata"]["name"]
    if at(old, "status", "phase") != "Bound":
        raise Denied(
            "",
            "persistentvolumeclaims",
            name,
            "Only bound persistent volume claims can be expanded",
        )
    kind = store.find("StorageClass", at(old, "spec", "storageClassName") or "")
    if kind is None or not kind.get("allowVolumeExpansion"):
        raise Denied(
            "",
            "persistentvolumeclaims",
            name,
            "only dynamically provisioned pvc can be resized and the storageclass that provisions "
            "the pvc must support resize",
        )
