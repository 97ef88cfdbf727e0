"""Custom resource definitions: their conditions, and what becomes of their objects."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import with_condition
from owlab.pocket.kube.controllers.control_plane import EVERY_KIND
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.store import Change, Key

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


class CustomResources(Controller):
    """Says when a definition's kind is served, and empties one that is deleted."""

    def watches(self) -> Mapping[str, Leads]:
        return {EVERY_KIND: self._of_any}

    def _of_any(self, change: Change) -> list[Key]:
        if (change.key.group, change.key.kind) == _DEFINITION:
            return [change.key]
        if change.event != "DELETED" or "." not in change.key.group:
            return []
        return [
            self.store.key_of(definition)
            for definition in self.store.list("CustomResourceDefinition")
            if definition["metadata"].get("deletionTimestamp")
        ]

    def reconcile(self, key: Key) -> None:
        definition = self.store.at(key)
        if definition is None:
            return
        if definition["metadata"].get("deletionTimestamp"):
            self._empty(definition)
            return
        meta = definition["metadata"]
        finalizers = meta.get("finalizers") or []
        if CLEANUP not in finalizers:
            held = {**meta, "finalizers": [*finalizers, CLEANUP]}
            definition = self.store.update({**definition, "metadata": held})
        self._tell(definition)

    def _tell(self, definition: Object) -> None:
        spec, now = definition["spec"], self.clock.timestamp()
        names = dict(spec["names"])
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
        stored = [version["name"] for version in spec["versions"] if version.get("storage")]
        before = (definition.get("status") or {}).get("storedVersions") or []
        status: Object = {
            **(definition.get("status") or {}),
            "acceptedNames": names,
            "storedVersions": [*before, *(name for name in stored if name not in before)],
        }
        taken = self._taken(definition)
        if taken:
            status = with_condition(status, "NamesAccepted", "False", now, *taken)
            reason, said = "NotAccepted", "not all names are accepted"
            status = with_condition(status, "Established", "False", now, reason, said)
        else:
            said = "no conflicts found"
            status = with_condition(status, "NamesAccepted", "True", now, "NoConflicts", said)
            said = "the initial names have been accepted"
            status = with_condition(
                status, "Established", "True", now, "InitialNamesAccepted", said
            )
        self.store.set_status(definition, status)

    def _taken(self, definition: Object) -> tuple[str, str] | None:
        """The reason and the message when another definition of the group has one of its names."""
        mine, meta = definition["spec"], definition["metadata"]
        for other in self.store.list("CustomResourceDefinition"):
            theirs = other["spec"]
            older = other["metadata"]["creationTimestamp"] <= meta["creationTimestamp"]
            if other["metadata"]["uid"] == meta["uid"] or theirs["group"] != mine["group"]:
                continue
            for field, reason in (("plural", "PluralConflict"), ("kind", "KindConflict")):
                name = mine["names"][field]
                if older and name == theirs["names"][field]:
                    return reason, f'"{name}" is already in use'
        return None

    def _empty(self, definition: Object) -> None:
        meta, spec = definition["metadata"], definition["spec"]
        if CLEANUP not in (meta.get("finalizers") or ()):
            return
        kind = self.store.registry.in_group(spec["group"], spec["names"]["kind"])
        left = self.store.list(kind) if kind is not None else []
        for obj in left:
            place = obj["metadata"]
            if kind is not None and not place.get("deletionTimestamp"):
                self.store.delete(kind, place["name"], place.get("namespace", ""))
        if kind is not None and self.store.list(kind):
            return
        finalizers = [f for f in meta["finalizers"] if f != CLEANUP]
        self.store.update({**definition, "metadata": {**meta, "finalizers": finalizers}})
