"""Entities of OpenWhisk in the lab's database: one table, whatever their collection."""

from __future__ import annotations

import json
from typing import Any

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.refusals import OTHER_COLLECTION, conflict, not_found

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS whisk_entities (
    namespace TEXT NOT NULL, collection TEXT NOT NULL, package TEXT NOT NULL, name TEXT NOT NULL,
    document TEXT NOT NULL, code TEXT NOT NULL DEFAULT '', updated INTEGER NOT NULL,
    PRIMARY KEY (namespace, package, name)
) STRICT;
CREATE TABLE IF NOT EXISTS whisk_activations (
    id TEXT PRIMARY KEY, namespace TEXT NOT NULL, path TEXT NOT NULL, start INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS whisk_by_start ON whisk_activations (namespace, start DESC);
"""


def now_ms() -> int:
    """The present in milliseconds since 1970."""
    return int(unix_time() * 1000)


class EntityStore:
    """Actions, packages, triggers and rules. Names are unique over collections, as upstream's."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.schema(SCHEMA)

    @property
    def used(self) -> bool:
        """There are entities."""
        return self._db.row("SELECT 1 FROM whisk_entities LIMIT 1") is not None

    def find(
        self, collection: str, namespace: str, name: str, package: str = ""
    ) -> Document | None:
        """A document without its code, or None."""
        row = self._db.row(
            "SELECT collection, document FROM whisk_entities"
            " WHERE namespace = ? AND package = ? AND name = ?",
            namespace,
            package,
            name,
        )
        if row is None:
            return None
        if row[0] != collection:
            raise conflict(OTHER_COLLECTION)
        document: Document = json.loads(row[1])
        return document

    def get(self, collection: str, namespace: str, name: str, package: str = "") -> Document:
        """A document without its code; 404 where there is none."""
        found = self.find(collection, namespace, name, package)
        if found is None:
            raise not_found()
        return found

    def code(self, namespace: str, name: str, package: str = "") -> str:
        """An action's code, as it was given."""
        row = self._db.row(
            "SELECT code FROM whisk_entities WHERE namespace = ? AND package = ? AND name = ?",
            namespace,
            package,
            name,
        )
        return str(row[0]) if row else ""

    def put(
        self,
        collection: str,
        namespace: str,
        name: str,
        document: Document,
        package: str = "",
        code: str = "",
    ) -> Document:
        """Keep a document; it gets its ``updated`` time: later than any other, as lists need."""
        (newest,) = self._db.row("SELECT max(updated) FROM whisk_entities") or (None,)
        document["updated"] = max(now_ms(), (newest or 0) + 1)
        self._db.run(
            "INSERT OR REPLACE INTO whisk_entities VALUES (?, ?, ?, ?, ?, ?, ?)",
            namespace,
            collection,
            package,
            name,
            json.dumps(document),
            code,
            document["updated"],
        )
        return document

    def delete(self, namespace: str, name: str, package: str = "") -> None:
        """Remove a document."""
        self._db.run(
            "DELETE FROM whisk_entities WHERE namespace = ? AND package = ? AND name = ?",
            namespace,
            package,
            name,
        )

    def every(self) -> list[tuple[str, Document, str]]:
        """All there is, by its collection, with the code of actions."""
        rows = self._db.rows("SELECT collection, document, code FROM whisk_entities")
        return [(collection, json.loads(text), code) for collection, text, code in rows]

    def list(self, collection: str, namespace: str, package: str | None = None) -> list[Document]:
        """Documents of a namespace (of one package, ``""`` being the default one), newest first."""
        query = "SELECT document FROM whisk_entities WHERE collection = ? AND namespace = ?"
        values: list[Any] = [collection, namespace]
        if package is not None:
            query += " AND package = ?"
            values.append(package)
        rows = self._db.rows(query + " ORDER BY updated DESC, rowid DESC", *values)
        return [json.loads(document) for (document,) in rows]

    def wipe(self) -> None:
        """Remove everything, as init-couchdb's ``wipe.yml`` does."""
        with self._db.transaction():
            self._db.run("DELETE FROM whisk_entities")
            self._db.run("DELETE FROM whisk_activations")
