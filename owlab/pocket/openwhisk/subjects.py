"""Who may call: subjects, their namespaces and keys, in the database.

init-couchdb writes the two of the chart; a key that `helm upgrade` changes is in the Secret only,
until that job runs again.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.entity_names import SYSTEM, Identity, token_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS whisk_subjects (
    namespace TEXT PRIMARY KEY, subject TEXT NOT NULL, key TEXT NOT NULL,
    blocked INTEGER NOT NULL DEFAULT 0, limits TEXT NOT NULL DEFAULT '{}'
) STRICT;
"""
LETTERS = string.ascii_letters + string.digits


def new_key() -> str:
    """A key as wskadmin makes one: a UUID, a colon, 64 letters and digits."""
    return f"{uuid.uuid4()}:{''.join(secrets.choice(LETTERS) for _ in range(64))}"


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry."""

    subject: str
    namespace: str
    key: str
    blocked: bool = False
    limits: dict[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        """The caller that it stands for."""
        return Identity(self.namespace, self.key, self.subject)


class Subjects:
    """All subjects."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: list[Subject] | None = None
        db.schema(SCHEMA)

    def seed(self, guest: str, system: str) -> None:
        """Write the chart's two subjects, as init-couchdb does; others stay."""
        for namespace, key in (("guest", guest), (SYSTEM, system)):
            self._db.run(
                "INSERT INTO whisk_subjects (namespace, subject, key) VALUES (?, ?, ?)"
                " ON CONFLICT (namespace) DO UPDATE SET key = excluded.key, blocked = 0",
                namespace,
                namespace,
                key,
            )
        self._known = None

    @property
    def empty(self) -> bool:
        """init-couchdb has never run."""
        return self._db.row("SELECT 1 FROM whisk_subjects LIMIT 1") is None

    def all(self) -> list[Subject]:
        """Every entry."""
        if self._known is None:
            rows = self._db.rows(
                "SELECT subject, namespace, key, blocked, limits FROM whisk_subjects ORDER BY rowid"
            )
            self._known = [
                Subject(s, n, k, bool(b), json.loads(limits)) for s, n, k, b, limits in rows
            ]
        return self._known

    def find(self, namespace: str) -> Subject | None:
        """The entry of a namespace."""
        return next((one for one in self.all() if one.namespace == namespace), None)

    def limits(self, namespace: str) -> dict[str, Any]:
        """What was set for a namespace with wskadmin."""
        found = self.find(namespace)
        return found.limits if found is not None else {}

    def put(self, entry: Subject) -> None:
        """Write an entry."""
        self._db.run(
            "INSERT OR REPLACE INTO whisk_subjects VALUES (?, ?, ?, ?, ?)",
            entry.namespace,
            entry.subject,
            entry.key,
            int(entry.blocked),
            json.dumps(entry.limits),
        )
        self._known = None

    def remove(self, namespace: str) -> None:
        """Delete an entry."""
        self._db.run("DELETE FROM whisk_subjects WHERE namespace = ?", namespace)
        self._known = None

    def identify(self, authorization: str | None) -> Identity:
        """Who an ``Authorization`` header is; 401 when it is nobody, or blocked."""
        return token_of(authorization, [one.identity for one in self.all() if not one.blocked])
