"""Claims that were made larger: nothing in the lab can make their volumes grow, and it says so."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.store import Key
from owlab.pocket.kube.validation.causes import at

_SAID = (
    "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an "
    "external controller to process this PVC."
)


class ClaimExpansion(Controller):
    """Neither K3s' own provisioner nor the one for NFS has a resizer, here as there."""

    def watches(self) -> Mapping[str, Leads]:
        return {"PersistentVolumeClaim": itself}

    def reconcile(self, key: Key) -> None:
        claim = self.store.at(key)
        if claim is None or at(claim, "status", "phase") != "Bound":
            return
        wanted = at(claim, "spec", "resources", "requests", "storage") or 0
        have = at(claim, "status", "capacity", "storage")
        volume = self.store.find("PersistentVolume", claim["spec"].get("volumeName") or "")
        provisioned = "pv.kubernetes.io/provisioned-by" in (
            ((volume or {}).get("metadata") or {}).get("annotations") or {}
        )
        if have is None or not provisioned or quantity(wanted) <= quantity(have):
            return
        if not any(e.get("message") == _SAID for e in self.store.indexed("about", _uid(claim))):
            self.recorder.record(claim, "Warning", "ExternalExpanding", _SAID, "volume_expand")


def _uid(obj: Mapping[str, Mapping[str, object]]) -> str:
    return str(obj["metadata"]["uid"])
