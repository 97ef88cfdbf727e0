"""Packages and bindings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from owlab.pocket.openwhisk import documents
from owlab.pocket.openwhisk.entity_names import Identity, checked
from owlab.pocket.openwhisk.refusals import (
    NOT_ON_BINDING,
    bad_request,
    conflict,
    forbidden,
    malformed,
)
from owlab.pocket.openwhisk.store import Document, EntityStore

COLLECTION = "packages"
RESERVED = "default"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A package with its binding followed."""

    namespace: str
    name: str
    parameters: dict[str, Any]
    annotations: dict[str, Any]
    binding: str | None = None


class Packages:
    """The packages of all namespaces."""

    def __init__(self, store: EntityStore) -> None:
        self._store = store

    def list(self, caller: Identity, namespace: str, *, public: bool) -> list[Document]:
        """A namespace's packages; of a foreign one the shared ones."""
        namespace = caller.resolve(namespace)
        found = self._store.list(COLLECTION, namespace)
        if namespace != caller.namespace or public:
            found = [package for package in found if package["publish"]]
        return [
            documents.summary(package) | {"binding": package["binding"] or False}
            for package in found
        ]

    def get(self, caller: Identity, namespace: str, name: str) -> Document:
        """A package with its actions and feeds; a binding shows those of what it binds."""
        namespace = caller.resolve(namespace)
        package = self._readable(caller, namespace, name)
        target = package
        owner, where = namespace, name
        if package["binding"]:
            owner, where = package["binding"]["namespace"], package["binding"]["name"]
            target = self._readable(caller, owner, where)
            merged = documents.values(target["parameters"])
            merged |= documents.values(package["parameters"])
            package["parameters"] = [{"key": k, "value": v} for k, v in merged.items()]
        contents = self._store.list("actions", owner, where)
        shown = [
            {"name": a["name"], "version": a["version"], "annotations": a["annotations"]}
            for a in contents
        ]
        feeds = [a for a in shown if documents.values(a["annotations"]).get("feed") is True]
        package["actions"] = [a for a in shown if a not in feeds]
        package["feeds"] = feeds
        package["binding"] = package["binding"] or {}
        return package

    def _readable(self, caller: Identity, namespace: str, name: str) -> Document:
        if namespace == caller.namespace:
            return self._store.get(COLLECTION, namespace, name)
        package = self._store.find(COLLECTION, namespace, name)
        # Whether a foreign namespace has a private package is nobody's business.
        if package is None or not package["publish"]:
            raise forbidden()
        return package

    def resolve(self, caller: Identity, namespace: str, name: str) -> Resolved:
        """Where the package's actions are, and the parameters that they inherit."""
        namespace = caller.resolve(namespace)
        package = self._readable(caller, namespace, name)
        binding = package["binding"]
        if not binding:
            return Resolved(
                namespace,
                name,
                documents.values(package["parameters"]),
                documents.values(package["annotations"]),
            )
        target = self._readable(caller, binding["namespace"], binding["name"])
        return Resolved(
            binding["namespace"],
            binding["name"],
            documents.values(target["parameters"]) | documents.values(package["parameters"]),
            documents.values(target["annotations"]) | documents.values(package["annotations"]),
            f"{namespace}/{name}",
        )

    def put(
        self, caller: Identity, namespace: str, name: str, body: Document, *, overwrite: bool
    ) -> Document:
        """Create, bind or update a package."""
        namespace = caller.owns(namespace)
        if checked(name) == RESERVED:
            raise bad_request(f"Package name '{name}' is reserved.")
        old = self._store.find(COLLECTION, namespace, name)
        if old is not None and not overwrite:
            raise conflict()
        document = documents.common(body, old, namespace, name)
        binding = body.get("binding") or None
        if binding is not None:
            binding = self._binding(caller, binding)
            if old is not None and not old["binding"]:
                raise conflict("Resource is a package and cannot be converted into a binding.")
        elif old is not None:
            binding = old["binding"]
        document["binding"] = binding
        annotations = [p for p in document["annotations"] if p["key"] != "binding"]
        if binding:
            annotations = documents.with_pair(annotations, "binding", binding)
        document["annotations"] = annotations
        self._store.put(COLLECTION, namespace, name, document)
        return document | {"binding": binding or {}}

    def _binding(self, caller: Identity, binding: object) -> Document:
        if not isinstance(binding, dict) or not all(
            isinstance(binding.get(field), str) for field in ("namespace", "name")
        ):
            raise malformed("binding malformed!")
        owner = caller.resolve(binding["namespace"])
        target = (
            self._store.find(COLLECTION, owner, binding["name"])
            if owner == caller.namespace
            else self._readable(caller, owner, binding["name"])
        )
        if target is None:
            raise bad_request("Binding references a package that does not exist.")
        if target["binding"]:
            raise bad_request("Cannot bind to another package binding.")
        return {"namespace": owner, "name": binding["name"]}

    def delete(
        self, caller: Identity, namespace: str, name: str, *, force: bool = False
    ) -> Document:
        """Remove a package; a full one only with ``force``."""
        namespace = caller.owns(namespace)
        package = self._store.get(COLLECTION, namespace, name)
        contents = [] if package["binding"] else self._store.list("actions", namespace, name)
        if contents and not force:
            plural = "entity" if len(contents) == 1 else "entities"
            raise conflict(
                f"Package not empty (contains {len(contents)} {plural})."
                " Set force param or delete package contents."
            )
        for action in contents:
            self._store.delete(namespace, action["name"], name)
        self._store.delete(namespace, name)
        return package | {"binding": package["binding"] or {}}

    def writable(self, caller: Identity, namespace: str, name: str) -> str:
        """The caller's namespace when its package may get an action."""
        namespace = caller.owns(namespace)
        if self._store.get(COLLECTION, namespace, name)["binding"]:
            raise bad_request(NOT_ON_BINDING)
        return namespace
