"""Triggers."""

from __future__ import annotations

from owlab.pocket.openwhisk import documents
from owlab.pocket.openwhisk.entity_names import NAME, Identity, checked
from owlab.pocket.openwhisk.refusals import bad_request, conflict
from owlab.pocket.openwhisk.store import Document, EntityStore

COLLECTION = "triggers"


class Triggers:
    """The triggers of all namespaces."""

    def __init__(self, store: EntityStore) -> None:
        self._store = store

    def list(self, caller: Identity, namespace: str) -> list[Document]:
        """A namespace's triggers, newest first."""
        found = self._store.list(COLLECTION, caller.owns(namespace))
        return [documents.summary(trigger) for trigger in found]

    def get(self, caller: Identity, namespace: str, name: str) -> Document:
        """A trigger with the rules that it activates."""
        namespace = caller.owns(namespace)
        trigger = self._store.get(COLLECTION, namespace, name)
        rules = {
            f"{namespace}/{rule['name']}": {"action": rule["action"], "status": rule["status"]}
            for rule in self._store.list("rules", namespace)
            if rule["trigger"]["name"] == name and rule.get("linked", True)
        }
        return trigger | ({"rules": rules} if rules else {})

    def put(
        self, caller: Identity, namespace: str, name: str, body: Document, *, overwrite: bool
    ) -> Document:
        """Create or update a trigger."""
        namespace = caller.owns(namespace)
        old = self._store.find(COLLECTION, namespace, checked(name))
        if old is not None and not overwrite:
            raise conflict()
        document = documents.common(body, old, namespace, name)
        feed = documents.values(document["annotations"]).get("feed")
        if old is None and feed is not None and not _is_name(feed):
            raise bad_request("Feed name is not valid")
        document["limits"] = {}
        return self._store.put(COLLECTION, namespace, name, document)

    def delete(self, caller: Identity, namespace: str, name: str) -> Document:
        """Remove a trigger; its rules stay, and do nothing."""
        namespace = caller.owns(namespace)
        trigger = self.get(caller, namespace, name)
        self._store.delete(namespace, name)
        return trigger


def _is_name(feed: object) -> bool:
    if not isinstance(feed, str):
        return False
    parts = feed.strip("/").split("/")
    return 1 <= len(parts) <= 3 and all(NAME.fullmatch(part) for part in parts)
