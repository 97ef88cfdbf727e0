"""Rules: this trigger runs that action."""

from __future__ import annotations

from owlab.pocket.openwhisk import documents
from owlab.pocket.openwhisk.actions import Actions
from owlab.pocket.openwhisk.entity_names import Identity, Qualified, checked, qualified
from owlab.pocket.openwhisk.refusals import WhiskError, bad_request, conflict, malformed
from owlab.pocket.openwhisk.store import Document, EntityStore

COLLECTION = "rules"


class Rules:
    """The rules of all namespaces."""

    def __init__(self, store: EntityStore, actions: Actions) -> None:
        self._store, self._actions = store, actions

    def of(self, namespace: str, trigger: str) -> list[Document]:
        """The rules of a trigger, whatever their state."""
        return [
            rule
            for rule in self._store.list(COLLECTION, namespace)
            if rule["trigger"]["name"] == trigger and rule.get("linked", True)
        ]

    def orphan(self, namespace: str, trigger: str) -> None:
        """The trigger is gone: its rules are inactive, and a new one of its name is not theirs."""
        for rule in self.of(namespace, trigger):
            rule |= {"status": "inactive", "linked": False}
            self._store.put(COLLECTION, namespace, rule["name"], rule)

    def list(self, caller: Identity, namespace: str) -> list[Document]:
        """A namespace's rules, newest first."""
        found = self._store.list(COLLECTION, caller.owns(namespace))
        return [documents.summary(rule, "action", "trigger", "status") for rule in found]

    def get(self, caller: Identity, namespace: str, name: str) -> Document:
        """A rule with its status."""
        return _shown(self._store.get(COLLECTION, caller.owns(namespace), name))

    def put(
        self, caller: Identity, namespace: str, name: str, body: Document, *, overwrite: bool
    ) -> Document:
        """Create a rule, which is active at once, or update one."""
        namespace = caller.owns(namespace)
        old = self._store.find(COLLECTION, namespace, checked(name))
        if old is not None and not overwrite:
            raise conflict()
        document = documents.common(body, old, namespace, name)
        if old is None and not (body.get("trigger") and body.get("action")):
            raise bad_request("rule requires a valid trigger and a valid action")
        document["trigger"] = self._trigger(caller, body.get("trigger"), old)
        document["action"] = self._action(caller, body.get("action"), old)
        # The state is no business of a put: it is the trigger that knows it.
        document["status"] = old["status"] if old else "active"
        return _shown(self._store.put(COLLECTION, namespace, name, document))

    def _trigger(self, caller: Identity, given: object, old: Document | None) -> Document:
        if given is None and old is not None:
            given = f"/{old['trigger']['path']}/{old['trigger']['name']}"
        if not isinstance(given, str):
            raise malformed("fully qualified name malformed")
        name = qualified(given, caller.namespace)
        caller.owns(name.namespace)
        if self._store.find("triggers", name.namespace, name.name) is None:
            raise bad_request(f"trigger /{name.path} does not exist")
        return _reference(name)

    def _action(self, caller: Identity, given: object, old: Document | None) -> Document:
        if given is None and old is not None:
            given = f"/{old['action']['path']}/{old['action']['name']}"
        if not isinstance(given, str):
            raise malformed("fully qualified name malformed")
        name = qualified(given, caller.namespace)
        try:
            self._actions.find(caller, name.namespace, name.package, name.name)
        except WhiskError as error:
            if error.status == 404:
                raise bad_request(f"action /{name.path} does not exist") from error
            raise
        return _reference(name)

    def set_status(self, caller: Identity, namespace: str, name: str, body: object) -> None:
        """Make a rule active or inactive."""
        namespace = caller.owns(namespace)
        rule = self._store.get(COLLECTION, namespace, name)
        status = body.get("status") if isinstance(body, dict) else None
        if not isinstance(status, str):
            raise malformed("key not found: status")
        if status.lower() not in ("active", "inactive"):
            raise malformed(
                f"'{status}' is not a recognized rule state, must be one of ['active', 'inactive']"
            )
        if status.lower() == rule["status"]:
            return
        if self._store.find("triggers", namespace, rule["trigger"]["name"]) is None:
            raise WhiskError(404, "Only rules with existing triggers can be activated")
        rule |= {"status": status.lower(), "linked": True}
        self._store.put(COLLECTION, namespace, name, rule)

    def delete(self, caller: Identity, namespace: str, name: str) -> Document:
        """Remove a rule."""
        namespace = caller.owns(namespace)
        rule = self._store.get(COLLECTION, namespace, name)
        self._store.delete(namespace, name)
        return _shown(rule) | {"status": "inactive"}


def _shown(rule: Document) -> Document:
    return {field: value for field, value in rule.items() if field != "linked"}


def _reference(name: Qualified) -> Document:
    return {"name": name.name, "path": name.location}
