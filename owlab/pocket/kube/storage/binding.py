"""Which volume may be bound to which claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.scheduling.node_affinity import chosen_by

SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""Where the scheduler wants the volume of a claim that is bound late."""
OTHER_CLASS = "storageClassName does not match"


def reference_to(claim: Object) -> Object:
    """A volume's ``claimRef``."""
    meta = claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": meta["name"],
        "namespace": meta["namespace"],
        "uid": meta["uid"],
    }


def is_for(volume: Object, claim: Object) -> bool:
    """The volume is bound to this claim, or kept for one of its name."""
    reference = volume["spec"].get("claimRef") or {}
    meta = claim["metadata"]
    return bool(
        reference.get("name") == meta["name"]
        and reference.get("namespace") == meta["namespace"]
        and reference.get("uid") in (None, "", meta["uid"])
    )


def fits(volume: Object, claim: Object, node: Object | None = None) -> bool:
    """A free volume has what a claim asks for, and can be used on the node."""
    spec, wanted = volume["spec"], claim["spec"]
    if spec.get("claimRef"):
        return False
    selector = wanted.get("selector")
    if selector and not selectors.from_object(selector)(volume["metadata"].get("labels") or {}):
        return False
    required = (spec.get("nodeAffinity") or {}).get("required")
    if required and node is not None and not chosen_by(required, node):
        return False
    return not list(mismatches(volume, claim))


def mismatches(volume: Object, claim: Object) -> Iterator[str]:
    """What a volume has not that a claim asks for, in the controller's words and order."""
    spec, wanted = volume["spec"], claim["spec"]
    if volume["metadata"].get("deletionTimestamp"):
        yield f'the volume is marked for deletion "{volume["metadata"]["name"]}"'
    if _size(spec.get("capacity")) < _size((wanted.get("resources") or {}).get("requests")):
        yield "requested PV is too small"
    if spec.get("storageClassName", "") != (wanted.get("storageClassName") or ""):
        yield OTHER_CLASS
    if spec.get("volumeMode", "Filesystem") != wanted.get("volumeMode", "Filesystem"):
        yield "incompatible volumeMode"
    if not set(wanted.get("accessModes") or []) <= set(spec.get("accessModes") or []):
        yield "incompatible accessMode"


def smallest(volumes: Iterable[Object]) -> Object | None:
    """The one that wastes least; by name among equals."""
    return min(
        volumes,
        key=lambda v: (_size(v["spec"].get("capacity")), v["metadata"]["name"]),
        default=None,
    )


def _size(amounts: Object | None) -> Decimal:
    return quantity(str((amounts or {}).get("storage", "0")))
