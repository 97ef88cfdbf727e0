"""The garbage collector: what is owned goes with its owners."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.control_plane import EVERY_KIND
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.objects import FOREGROUND, without_owners


class GarbageCollector(Controller):
    """Deletes what has lost all its owners, and lets owners go that wait for what they own."""

    def watches(self) -> Mapping[str, Leads]:
        return {EVERY_KIND: self._of_any}

    def _of_any(self, change: Change) -> list[Key]:
        meta = change.obj["metadata"]
        if change.event == "DELETED":
            uids = [r.get("uid") for r in meta.get("ownerReferences") or ()]
            owners = [self.store.by_uid(str(uid)) for uid in uids]
            waiting = [self.store.key_of(o) for o in owners if o is not None and _waits(o)]
            dependents = self.store.indexed("owner", str(meta.get("uid")))
            return [*waiting, *map(self.store.key_of, dependents)]
        if "ownerReferences" in meta or _waits(change.obj):
            return [change.key]
        return []

    def reconcile(self, key: Key) -> None:
        obj = self.store.at(key)
        if obj is None:
            return
        if _waits(obj):
            self._foreground(obj)
        references = obj["metadata"].get("ownerReferences") or ()
        lost = {r["uid"] for r in references if not self._is_there(r, key.namespace)}
        if not lost or obj["metadata"].get("deletionTimestamp"):
            return
        kind = self.store.registry.of(obj)
        if len(lost) == len(references):
            self.store.delete(kind, key.name, key.namespace)
        else:
            self.store.update(without_owners(obj, lost))

    def _is_there(self, reference: Object, namespace: str) -> bool:
        owner = self.store.by_uid(str(reference.get("uid")))
        if owner is None:
            return False
        space = owner["metadata"].get("namespace", "")
        return space in ("", namespace) and not (
            _waits(owner) and reference.get("blockOwnerDeletion")
        )

    def _foreground(self, owner: Object) -> None:
        """What an owner blocks on goes first, then the owner."""
        uid = owner["metadata"]["uid"]
        left = 0
        for dependent in self.store.indexed("owner", uid):
            references = dependent["metadata"]["ownerReferences"]
            if not any(r["uid"] == uid and r.get("blockOwnerDeletion") for r in references):
                continue
            left += 1
            meta = dependent["metadata"]
            if not meta.get("deletionTimestamp"):
                kind = self.store.registry.of(dependent)
                space = meta.get("namespace", "")
                self.store.delete(kind, meta["name"], space, "Foreground")
        if left:
            return
        meta = owner["metadata"]
        finalizers = [f for f in meta["finalizers"] if f != FOREGROUND]
        self.store.update({**owner, "metadata": {**meta, "finalizers": finalizers}})


def _waits(obj: Object) -> bool:
    """It is to be deleted after what it owns."""
    meta = obj["metadata"]
    return bool(meta.get("deletionTimestamp")) and FOREGROUND in (meta.get("finalizers") or ())
