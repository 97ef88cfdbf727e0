"""Rules: this trigger runs that action."""

from __future__ import annotations

from typing import Any

from owlab.pocket.openwhisk import documents
from owlab.pocket.openwhisk.actions import Actions
from owlab.pocket.openwhisk.errors import WhiskError, bad_request, conflict, malformed
from owlab.pocket.openwhisk.names import Identity, Qualified, checked, qualified
from owlab.pocket.openwhisk.store import Document, Store

COLLECTION = "rules"


class Rules:
    """The rules of all namespaces."""

    def __init__(self, store: Store, actions: Actions) -> None:
        self._store, self._actions = store, actions

    def of(self, namespace: str, trigger: str) -> list[Document]:
        """The active rules of a trigger."""
        return [
            rule
            for rule in self._store.list(COLLECTION, namespace)
            if rule["trigger"]["name"] == trigger and rule["status"] == "active"
        ]

    def list(self, caller: Identity, namespace: str) -> list[Document]:
        """A namespace's rules, newest first."""
        found = self._store.list(COLLECTION, caller.owns(namespace))
        return [documents.summary(rule, "action", "trigger", "status") for rule in found]

    def get(self, caller: Identity, namespace: str, name: str) -> Document:
        """A rule with its status."""
        return self._store.get(COLLECTION, caller.owns(namespace), name)

    def put(
        self, caller: Identity, namespace: str, name: str, body: Document, *, overwrite: bool
    ) -> Document:
        """Create a rule, which is active at once, or update one."""
        namespace = caller.owns(namespace)
        old = self._store.find(COLLECTION, namespace, checked(name))
        if old is not None and not overwrite:
            raise conflict()
        document = documents.common(body, old, namespace, name)
        document["trigger"] = self._trigger(caller, body.get("trigger"), old)
        document["action"] = self._action(caller, body.get("action"), old)
        status = body.get("status") or (old["status"] if old else "active")
        document["status"] = _status(status)
        return self._store.put(COLLECTION, namespace, name, document)

    def _trigger(self, caller: Identity, given: Any, old: Document | None) -> Document:
        if given is None and old is not None:
            kept: Document = old["trigger"]
            return kept
        if not isinstance(given, str):
            raise malformed("rule requires a valid trigger")
        name = qualified(given, caller.namespace)
        caller.owns(name.namespace)
        if self._store.find("triggers", name.namespace, name.name) is None:
            raise bad_request(f"trigger {name.path} does not exist")
        return _reference(name)

    def _action(self, caller: Identity, given: Any, old: Document | None) -> Document:
        if given is None and old is not None:
            kept: Document = old["action"]
            return kept
        if not isinstance(given, str):
            raise malformed("rule requires a valid action")
        name = qualified(given, caller.namespace)
        try:
            self._actions.find(caller, name.namespace, name.package, name.name)
        except WhiskError as error:
            if error.status == 404:
                raise bad_request(f"action {name.path} does not exist") from error
            raise
        return _reference(name)

    def set_status(self, caller: Identity, namespace: str, name: str, body: Any) -> None:
        """Make a rule active or inactive."""
        namespace = caller.owns(namespace)
        rule = self._store.get(COLLECTION, namespace, name)
        status = body.get("status") if isinstance(body, dict) else None
        rule["status"] = _status(status)
        self._store.put(COLLECTION, namespace, name, rule)

    def delete(self, caller: Identity, namespace: str, name: str) -> Document:
        """Remove a rule."""
        namespace = caller.owns(namespace)
        rule = self._store.get(COLLECTION, namespace, name)
        self._store.delete(namespace, name)
        return rule


def _status(given: Any) -> str:
    if given not in ("active", "inactive"):
        raise malformed(f"status must be 'active' or 'inactive', not '{str(given)[:100]}'")
    return str(given)


def _reference(name: Qualified) -> Document:
    return {"name": name.name, "path": name.location}
