"""Namespaces: what each one has from the start, and how it empties itself."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import with_condition
from owlab.pocket.kube.controllers.control_plane import EVERY_KIND, ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.controllers.namespace_conditions import left_over
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.store import Change, Key

_FREED_FIRST = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")


class Namespaces(Controller):
    """Default service account and root certificate; deletion of everything inside."""

    def __init__(self, plane: ControlPlane, authority: str) -> None:
        super().__init__(plane)
        self._authority = authority

    def watches(self) -> Mapping[str, Leads]:
        return {EVERY_KIND: self._of_any}

    def _of_any(self, change: Change) -> list[Key]:
        key = change.key
        if key.kind == "Namespace" and not key.group:
            return [key]
        own = (key.kind, key.name) in (("ServiceAccount", "default"), ("ConfigMap", _ROOT))
        if not key.namespace or (change.event != "DELETED" and not own):
            return []
        space = Key("", "Namespace", "", key.namespace)
        obj = self.store.at(space)
        return (
            [space] if obj is not None and (own or obj["metadata"].get("deletionTimestamp")) else []
        )

    def reconcile(self, key: Key) -> None:
        space = self.store.at(key)
        if space is None:
            return
        if space["metadata"].get("deletionTimestamp"):
            self._empty(key.name, space)
        else:
            self._furnish(key.name)

    def _furnish(self, name: str) -> None:
        if self.store.find("ServiceAccount", "default", name) is None:
            self.store.create(
                {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": {"name": "default", "namespace": name},
                }
            )
        wanted = {"ca.crt": self._authority}
        known = self.store.find("ConfigMap", _ROOT, name)
        if known is None:
            self.store.create(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": _ROOT, "namespace": name},
                    "data": wanted,
                }
            )
        elif known.get("data") != wanted:
            self.store.update({**known, "data": wanted})

    def _empty(self, name: str, space: Object) -> None:
        remaining: list[tuple[Kind, Object]] = []
        kinds = {(k.group, k.kind): k for k in self.store.registry.all() if k.namespaced}
        for kind in sorted(kinds.values(), key=lambda k: k.kind not in _FREED_FIRST):
            for obj in self.store.list(kind, name):
                meta = obj["metadata"]
                if not meta.get("deletionTimestamp"):
                    self.store.delete(kind, meta["name"], name)
                left = self.store.find(kind, meta["name"], name)
                if left is not None:
                    remaining.append((kind, left))
        if remaining:
            self._tell(space, remaining)
        else:
            self.store.remove("Namespace", name)

    def _tell(self, space: Object, remaining: list[tuple[Kind, Object]]) -> None:
        """Why the namespace is still there."""
        status, now = space["status"], self.clock.timestamp()
        for kind, value, reason, message in left_over(remaining):
            status = with_condition(status, kind, value, now, reason, message)
        if status != space["status"]:
            self.store.set_status(space, status)


_ROOT = "kube-root-ca.crt"
