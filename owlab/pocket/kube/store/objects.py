"""The store: every object of the cluster, written through to the lab's database."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.custom_kinds import custom_kinds
from owlab.pocket.kube.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    StorageFull,
)
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.registry import Registry
from owlab.pocket.kube.store.changes import Change, History
from owlab.pocket.kube.store.database_tables import TABLES, load, save, signing_key
from owlab.pocket.kube.store.entry import ColdEntry, Entry, copied
from owlab.pocket.kube.store.generated_names import random_suffix
from owlab.pocket.kube.store.indexes import Indexes
from owlab.pocket.kube.store.keys import Key

log = logging.getLogger(__name__)

Callback = Callable[[Change], None]
Wanted = str | Kind
"""A kind, or the name of one; a name means a built-in kind before a custom one."""

FOREGROUND = "foregroundDeletion"
_TRIES = 8
"""Of generated names, as the API server has it."""
# Built-in kinds whose changes Kubernetes does not count, although they have a spec.
_UNCOUNTED = {"CertificateSigningRequest", "Lease", "LimitRange", "Namespace", "Node", "Service"}
_UNCOUNTED |= {"PersistentVolume", "PersistentVolumeClaim", "ResourceQuota"}
# The kind whose objects say which other kinds there are.
_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_GIVEN_BY_THE_STORE = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


_NOT_GIVEN = (*("resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"),)
"""What is said of an object by the store alone."""


class Store:
    """Every object of the cluster. Used from the service's event loop only.

    Readers share what it returns and change nothing in it: who wants to change an object takes a
    :meth:`draft`, or makes a copy. Each change is on disk before subscribers hear of it.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.registry = Registry()
        self._tables: dict[tuple[str, str], dict[str, dict[str, Entry]]] = {}
        self._indexes = Indexes()
        self._history = History()
        self._subscribers: list[Callback] = []
        self._batch: dict[Key, bytes | None] | None = None
        self._unsaved: dict[Key, bytes | None] = {}
        db.schema(TABLES)
        for key, entry in load(db):
            self._put(key, entry)
        row = db.row("SELECT value FROM kube_meta WHERE name = 'resourceVersion'")
        self.resource_version = int(row[0]) if row else 100
        self._learn_custom_kinds()

    # -- reading ---------------------------------------------------------------------------

    def at(self, key: Key) -> Object | None:
        """The object of a key, or None."""
        entry = self._entry(key)
        return entry.obj if entry is not None else None

    def find(self, kind: Wanted, name: str, namespace: str = "") -> Object | None:
        """An object, or None."""
        return self.at(self.key(kind, name, namespace))

    def get(self, kind: Wanted, name: str, namespace: str = "") -> Object:
        """An object; raises NotFound."""
        found = self.find(kind, name, namespace)
        if found is None:
            raise missing(self.registry.get(kind), name)
        return found

    def draft(self, kind: Wanted, name: str, namespace: str = "") -> Object:
        """A copy of an object, to be changed and written back; raises NotFound."""
        return copied(self.get(kind, name, namespace))

    def list(
        self, kind: Wanted, namespace: str | None = None, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """Objects of a kind, by namespace and name; ``namespace`` None or empty means all."""
        found = [entry.obj for entry in self.entries(kind, namespace)]
        if labels:
            label = selectors.label_selector(labels)
            found = [obj for obj in found if label(obj["metadata"].get("labels") or {})]
        if fields:
            field = selectors.field_selector(fields)
            found = [obj for obj in found if field(obj)]
        return found

    def entries(self, kind: Wanted, namespace: str | None = None) -> Iterator[Entry]:
        """The same, as they are stored."""
        spaces = self._tables.get(self._table(kind), {})
        for space in [namespace] if namespace else sorted(spaces):
            names = spaces.get(space, {})
            for name in sorted(names):
                yield names[name]

    def indexed(self, index: str, value: str) -> Sequence[Object]:
        """Objects by an index of :data:`~owlab.pocket.kube.store.indexes.INDEXES`."""
        found = (self._entry(key) for key in self._indexes.keys(index, value))
        return [entry.obj for entry in found if entry is not None]

    def by_uid(self, uid: str) -> Object | None:
        """The object of a uid, whatever its kind."""
        key = self._indexes.by_uid(uid)
        return self.at(key) if key is not None else None

    def key(self, kind: Wanted, name: str, namespace: str = "") -> Key:
        """The key of a name; without a namespace it is in ``default`` where the kind has any."""
        known = self.registry.get(kind)
        space = (namespace or "default") if known.namespaced else ""
        return Key(known.group, known.kind, space, name)

    def key_of(self, obj: Object) -> Key:
        """The key of an object; raises NotFound for a kind that is not served."""
        meta = obj["metadata"]
        return self.key(self.registry.of(obj), meta["name"], meta.get("namespace", ""))

    def since(self, version: int) -> Iterator[Change]:
        """Changes after a resource version; raises Expired when it is too long ago."""
        return self._history.since(version, self.resource_version)

    @cached_property
    def signing_key(self) -> bytes:
        """What the tokens of service accounts are signed with."""
        return signing_key(self._db)

    def verify(self) -> None:
        """Assert that no reader has changed what it shares; for tests."""
        for spaces in self._tables.values():
            for names in spaces.values():
                for name, entry in names.items():
                    assert entry.intact(), f"{name} was changed in place"

    # -- changing --------------------------------------------------------------------------

    def create(self, obj: Object, dry: bool = False) -> Object:
        """Add an object: uid, creation time and a generated name are given to it.

        With ``dry`` it is only shown what would be added. Raises AlreadyExists, NotFound (its
        namespace is missing), BadRequest.
        """
        kind = self.registry.of(obj)
        obj = {**obj, "metadata": dict(obj.get("metadata") or {})}
        meta = obj["metadata"]
        self.give_name(obj)
        if kind.namespaced:
            meta.setdefault("namespace", "default")
            self._check_namespace(kind, meta)
        else:
            meta.pop("namespace", None)
        key = self.key_of(obj)
        if self._entry(key) is not None:
            raise AlreadyExists(
                f'{kind.resource} "{meta["name"]}" already exists', details(kind, meta["name"])
            )
        meta.setdefault("uid", str(uuid.uuid4()))
        meta["creationTimestamp"] = self._clock.timestamp()
        for given in _NOT_GIVEN:
            meta.pop(given, None)
        if "spec" in obj and kind.built_in not in _UNCOUNTED:
            meta["generation"] = 1
        return copied(obj) if dry else self._write("ADDED", key, obj)

    def give_name(self, obj: Object) -> None:
        """The name that is generated for an object without one, in place; raises BadRequest.

        Policies see an object with its name.
        """
        meta = obj["metadata"]
        if meta.get("name"):
            return
        if not meta.get("generateName"):
            raise BadRequest("name or generateName is required")
        meta["name"] = self._generated(self.registry.of(obj), meta)

    def _generated(self, kind: Kind, meta: Object) -> str:
        """A name with an end of its own; another one where that is taken."""
        for _ in range(_TRIES):
            name = str(meta["generateName"]) + random_suffix()
            if self.find(kind, name, meta.get("namespace", "")) is None:
                break
        return name

    def _check_namespace(self, kind: Kind, meta: Object) -> None:
        space = self.at(Key("", "Namespace", "", meta["namespace"]))
        if space is None:
            raise missing(self.registry.get("Namespace"), meta["namespace"])
        if space["metadata"].get("deletionTimestamp"):
            raise Forbidden(
                kind.resource,
                meta["name"],
                f"unable to create new content in namespace {meta['namespace']} because it is "
                "being terminated",
            )

    def update(self, obj: Object, dry: bool = False) -> Object:
        """Replace an object. Status is kept when none is given.

        Raises NotFound, and Conflict when its resourceVersion is not the present one.
        """
        key, old = self._present(obj)
        new = {**obj, "metadata": dict(obj["metadata"])}
        if "status" in old:
            new.setdefault("status", old["status"])
        meta, before = new["metadata"], old["metadata"]
        for fixed in _GIVEN_BY_THE_STORE:
            if fixed in before:
                meta[fixed] = before[fixed]
        if "generation" in before and _wanted(new) != _wanted(old):
            meta["generation"] = int(before["generation"]) + 1
        meta["resourceVersion"] = before["resourceVersion"]
        if new == old:
            return old
        if dry:
            return copied(new)
        if _is_free(key, meta):
            self._remove(key, new)
            return new
        return self._write("MODIFIED", key, new)

    def update_status(self, obj: Object, dry: bool = False) -> Object:
        """Replace an object's status, and nothing else; raises as :meth:`update` does."""
        key, old = self._present(obj)
        if "status" not in obj or obj["status"] == old.get("status"):
            return old
        new = {**old, "metadata": dict(old["metadata"]), "status": obj["status"]}
        return copied(new) if dry else self._write("MODIFIED", key, new)

    def set_status(self, obj: Object, status: Object) -> Object:
        """Give an object another status, whatever version of it the caller has seen."""
        meta = {k: v for k, v in obj["metadata"].items() if k != "resourceVersion"}
        return self.update_status({**obj, "metadata": meta, "status": status})

    def _present(self, given: Object) -> tuple[Key, Object]:
        """The stored object that a given one is to replace."""
        key = self.key_of(given)
        kind, meta = self.registry.of(given), given["metadata"]
        old = self.at(key)
        if old is None:
            raise missing(kind, key.name)
        version = meta.get("resourceVersion")
        if version and version != old["metadata"]["resourceVersion"]:
            raise Conflict(
                f'Operation cannot be fulfilled on {kind.resource} "{key.name}": the object has '
                "been modified; please apply your changes to the latest version and try again",
                details(kind, key.name),
            )
        return key, old

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside reaches the disk at the end, in one transaction.

        For controllers, whose many small writes nobody waits for. No ``await`` inside, so that
        nobody outside of the service hears of anything before it is on disk. Nests. Where the disk
        is full, what could not be written is tried again with the next write.
        """
        if self._batch is not None:
            yield
            return
        self._batch = {}
        try:
            yield
        finally:
            batch, self._batch = self._batch, None
            if batch:
                try:
                    self._save(batch)
                except StorageFull as error:
                    self._unsaved |= batch
                    log.error("%s", error.message)

    # -- deleting --------------------------------------------------------------------------

    def delete(
        self,
        kind: Wanted,
        name: str,
        namespace: str = "",
        propagation: str = "Background",
        grace: int | None = None,
    ) -> Object:
        """Delete an object, or mark it for those who still have to do something first.

        Finalizers hold it; a pod on a node is held for its kubelet, a namespace until it is empty.
        What it owns is the garbage collector's: it goes after the owner, before it with
        ``Foreground``, and is let go of with ``Orphan``.
        """
        key = self.key(kind, name, namespace)
        old = self.at(key)
        if old is None:
            raise missing(self.registry.get(kind), name)
        gone: Object = {**old, "metadata": dict(old["metadata"])}
        meta = gone["metadata"]
        if propagation == "Orphan":
            self._orphan(meta["uid"])
        if propagation == "Foreground":
            others = [f for f in meta.get("finalizers") or [] if f != FOREGROUND]
            meta["finalizers"] = [*others, FOREGROUND]
        seconds = _grace(gone, grace) if key.kind == "Pod" and not key.group else 0
        waits = bool(seconds) or (key.kind == "Namespace" and not key.group)
        if not waits and not meta.get("finalizers"):
            return self._remove(key, gone)
        if key.kind == "Pod" and not key.group:
            known = meta.get("deletionGracePeriodSeconds")
            meta["deletionGracePeriodSeconds"] = seconds if known is None else min(known, seconds)
        if not meta.get("deletionTimestamp"):
            meta["deletionTimestamp"] = self._clock.timestamp()
            if key.kind == "Namespace" and not key.group:
                gone["status"] = {**(old.get("status") or {}), "phase": "Terminating"}
        return old if gone == old else self._write("MODIFIED", key, gone)

    def remove(self, kind: Wanted, name: str, namespace: str = "") -> None:
        """Take an object away at once, as a kubelet does with a pod that has ended.

        One with finalizers stays until they are taken off; a missing one is no error.
        """
        key = self.key(kind, name, namespace)
        old = self.at(key)
        if old is None:
            return
        if not old["metadata"].get("finalizers"):
            self._remove(key, old)
            return
        meta = {"deletionTimestamp": self._clock.timestamp(), **old["metadata"]}
        meta["deletionGracePeriodSeconds"] = 0
        if meta != old["metadata"]:
            self._write("MODIFIED", key, {**old, "metadata": meta})

    def _orphan(self, uid: str) -> None:
        for key in self._indexes.keys("owner", uid):
            obj = self.at(key)
            if obj is not None:
                self._write("MODIFIED", key, without_owners(obj, {uid}))

    # -- subscribing -----------------------------------------------------------------------

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Be told of every change, after it is on disk; returns how to end it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    # -- inside ----------------------------------------------------------------------------

    def _table(self, kind: Wanted) -> tuple[str, str]:
        known = self.registry.get(kind)
        return known.group, known.kind

    def _entry(self, key: Key) -> Entry | None:
        return self._tables.get((key.group, key.kind), {}).get(key.namespace, {}).get(key.name)

    def _put(self, key: Key, entry: Entry) -> None:
        old = self._entry(key)
        spaces = self._tables.setdefault((key.group, key.kind), {})
        # Events are most of what there is, and hardly anybody reads them.
        kept = ColdEntry(entry.packed) if (key.group, key.kind) == ("", "Event") else entry
        spaces.setdefault(key.namespace, {})[key.name] = kept
        self._indexes.put(key, old.obj if old is not None else None, entry.obj)

    def _write(self, event: str, key: Key, obj: Object) -> Object:
        version = self.resource_version + 1
        obj["metadata"]["resourceVersion"] = str(version)
        entry = Entry.of(obj)
        self._commit(version, key, entry.packed)
        before = self._entry(key)
        self._put(key, entry)
        self._tell(Change(version, event, key, entry, before))
        return entry.obj

    def _remove(self, key: Key, last: Object) -> Object:
        version = self.resource_version + 1
        meta = {**last["metadata"], "resourceVersion": str(version)}
        entry = Entry.of({**last, "metadata": meta})
        self._commit(version, key, None)
        spaces = self._tables[key.group, key.kind]
        before = spaces[key.namespace].pop(key.name)
        if not spaces[key.namespace]:
            del spaces[key.namespace]
        self._indexes.put(key, before.obj, None)
        self._tell(Change(version, "DELETED", key, entry, before))
        return entry.obj

    def _commit(self, version: int, key: Key, packed: bytes | None) -> None:
        """Have a write on disk, now or at the end of :meth:`together`; None is a deletion."""
        if self._batch is not None:
            self._batch[key] = packed
        else:
            self._save({key: packed}, version)
        self.resource_version = version

    def _save(self, changed: dict[Key, bytes | None], version: int | None = None) -> None:
        try:
            save(self._db, self._unsaved | changed, version or self.resource_version)
        except sqlite3.OperationalError as error:
            raise StorageFull(
                f"the lab's database cannot be written: {error}; free some disk space"
            ) from error
        self._unsaved.clear()

    def _tell(self, change: Change) -> None:
        self._history.add(change)
        if (change.key.group, change.key.kind) == _DEFINITION:
            self._learn_custom_kinds()
        for callback in list(self._subscribers):
            callback(change)

    def _learn_custom_kinds(self) -> None:
        definitions = self.list("CustomResourceDefinition")
        self.registry.define(kind for crd in definitions for kind in custom_kinds(crd))


def missing(kind: Kind, name: str) -> NotFound:
    """The error that an object is not there."""
    return NotFound(f'{kind.resource} "{name}" not found', details(kind, name))


def details(kind: Kind, name: str) -> Object:
    """What errors about one object carry."""
    return {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}


def without_owners(obj: Object, uids: set[str]) -> Object:
    """The object without its references to these owners."""
    meta = dict(obj["metadata"])
    meta["ownerReferences"] = [r for r in meta["ownerReferences"] if r.get("uid") not in uids]
    if not meta["ownerReferences"]:
        del meta["ownerReferences"]
    return {**obj, "metadata": meta}


def _grace(pod: Object, asked: int | None) -> int:
    """How long a pod may take to end; nothing for one that no kubelet runs."""
    phase = (pod.get("status") or {}).get("phase")
    if not pod["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    return int(pod["spec"].get("terminationGracePeriodSeconds", 30)) if asked is None else asked


def _wanted(obj: Object) -> object:
    """What an object's generation counts: a pod's node is its scheduler's choice."""
    spec = obj.get("spec")
    if obj["kind"] == "Pod" and isinstance(spec, dict):
        return {name: value for name, value in spec.items() if name != "nodeName"}
    return spec


def _is_free(key: Key, meta: Object) -> bool:
    """Deleted, and nothing holds it any more."""
    if not meta.get("deletionTimestamp") or meta.get("finalizers"):
        return False
    if key.group:
        return True
    if key.kind == "Pod":
        return not meta.get("deletionGracePeriodSeconds")
    return key.kind != "Namespace"
