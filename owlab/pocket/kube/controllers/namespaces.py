"""Namespaces: what each one has from the start, and how it empties itself."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store

_FREED_FIRST = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")


class Namespaces:
    """Default service account and root certificate; deletion of everything inside."""

    def __init__(self, store: Store, authority: str) -> None:
        self._store = store
        self._authority = authority

    def reconcile(self) -> None:
        """One look at every namespace."""
        for space in self._store.list("Namespace"):
            if space["metadata"].get("deletionTimestamp"):
                self._empty(space)
            else:
                self._furnish(space)

    def _furnish(self, space: Object) -> None:
        name = space["metadata"]["name"]
        if self._store.find("ServiceAccount", "default", name) is None:
            self._store.create(
                {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": {"name": "default", "namespace": name},
                }
            )
        if self._store.find("ConfigMap", "kube-root-ca.crt", name) is None:
            self._store.create(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "kube-root-ca.crt", "namespace": name},
                    "data": {"ca.crt": self._authority},
                }
            )

    def _empty(self, space: Object) -> None:
        name = space["metadata"]["name"]
        left = 0
        kinds = [k.kind for k in self._store.registry.all() if k.namespaced]
        for kind in sorted(kinds, key=lambda k: k not in _FREED_FIRST):
            for obj in self._store.list(kind, name):
                left += 1
                meta = obj["metadata"]
                if not meta.get("deletionTimestamp") and self._store.find(kind, meta["name"], name):
                    self._store.delete(kind, meta["name"], name)
                elif kind == "Pod" and not obj["spec"].get("nodeName"):
                    self._store.remove(kind, meta["name"], name)
        if not left:
            self._store.remove("Namespace", name)
