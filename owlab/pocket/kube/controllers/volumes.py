"""Volumes: free, bound, released; taken back when their claim is gone."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.claims import Claims
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.storage.provisioner import PROVISIONED_BY, CannotProvision
from owlab.pocket.kube.store import Change, Key

_COMPONENT = "persistentvolume-controller"
PROTECTION = "kubernetes.io/pv-protection"
_AGAIN_SECONDS = 5.0


class Volumes(Controller):
    """Keeps the phase of every volume, and gives back what nobody claims."""

    def __init__(self, plane: ControlPlane, claims: Claims) -> None:
        super().__init__(plane)
        self._claims = claims
        self._said: set[tuple[str, str]] = set()

    def watches(self) -> Mapping[str, Leads]:
        return {"PersistentVolume": itself, "PersistentVolumeClaim": self._of_claim}

    def _of_claim(self, change: Change) -> list[Key]:
        name = change.obj["spec"].get("volumeName")
        return [self.store.key("PersistentVolume", name)] if name else []

    def machines_changed(self) -> None:
        for volume in self.store.list("PersistentVolume"):
            if volume["status"].get("phase") in ("Released", "Failed"):
                self.look(self.store.key_of(volume))

    def reconcile(self, key: Key) -> None:
        volume = self.store.at(key)
        if volume is None:
            return
        if volume["metadata"].get("deletionTimestamp"):
            self._let_go(volume)
            return
        reference = volume["spec"].get("claimRef")
        if not reference or not reference.get("uid"):
            self._phase(volume, "Available")
            return
        claim = self.store.find("PersistentVolumeClaim", reference["name"], reference["namespace"])
        if claim is not None and claim["metadata"]["uid"] == reference["uid"]:
            self._phase(volume, "Bound")
            return
        self._phase(volume, "Released")
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self._take_back(key)

    def _phase(self, volume: Object, phase: str) -> None:
        status = volume.get("status") or {}
        if status.get("phase") == phase or (phase, status.get("phase")) == ("Released", "Failed"):
            return
        since = {"lastPhaseTransitionTime": self.clock.timestamp()}
        self.store.set_status(volume, {"phase": phase, **since})

    def _take_back(self, key: Key) -> None:
        volume = self.store.at(key)
        if volume is None:
            return
        provisioner = (volume["metadata"].get("annotations") or {}).get(PROVISIONED_BY)
        if provisioner is None:
            said = (
                "error getting deleter volume plugin for volume: no deletable volume plugin matched"
            )
            self._failed(volume, said)
            return
        try:
            self._claims.provisioner(provisioner).delete(volume)
        except CannotProvision as why:
            self._say(volume, why.kind, why.reason, why.message)
            self.look(key, _AGAIN_SECONDS)
            return
        finalizers = [f for f in volume["metadata"].get("finalizers") or [] if f != PROTECTION]
        meta = {**volume["metadata"], "finalizers": finalizers}
        self.store.update({**volume, "metadata": meta})
        self.store.delete("PersistentVolume", key.name)

    def _failed(self, volume: Object, message: str) -> None:
        status = {**volume["status"], "phase": "Failed", "message": message}
        self.store.set_status(volume, status)
        self._say(volume, "Warning", "VolumeFailedDelete", message)

    def _let_go(self, volume: Object) -> None:
        """A deleted volume goes once it is not bound."""
        finalizers = volume["metadata"].get("finalizers") or []
        if PROTECTION not in finalizers:
            return
        reference = volume["spec"].get("claimRef") or {}
        claim = None
        if reference.get("uid"):
            claim = self.store.by_uid(reference["uid"])
        if claim is not None and volume["status"].get("phase") == "Bound":
            return
        left = [f for f in finalizers if f != PROTECTION]
        self.store.update({**volume, "metadata": {**volume["metadata"], "finalizers": left}})

    def _say(self, volume: Object, kind: str, reason: str, message: str) -> None:
        key = (volume["metadata"]["uid"], message)
        if key not in self._said:
            self._said.add(key)
            self.recorder.record(volume, kind, reason, message, _COMPONENT)
