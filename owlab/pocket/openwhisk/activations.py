"""Activation records: made, kept, listed."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.refusals import WhiskError, bad_request
from owlab.pocket.openwhisk.store import Document

STATUSES = ("success", "application error", "action developer error", "whisk internal error")
SUCCESS, APPLICATION_ERROR, DEVELOPER_ERROR, INTERNAL_ERROR = range(4)
KEPT = 5000
# Where lines are that are no part of the record.
APART = "logsApart"
LOST = "The invocation was lost: the lab's service ended before the action did."
ACCEPTED = """
CREATE TABLE IF NOT EXISTS whisk_accepted (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, document TEXT NOT NULL
) STRICT;
"""


def new_id() -> str:
    """32 hexadecimal digits."""
    return uuid.uuid4().hex


@dataclass(slots=True)
class Activation:
    """One run of an action, a sequence or a trigger."""

    namespace: str
    name: str
    version: str
    subject: str
    start: int
    id: str = field(default_factory=new_id)
    end: int = 0
    status: int = SUCCESS
    result: Any = None
    logs: list[str] = field(default_factory=list)
    annotations: dict[str, Any] = field(default_factory=dict)
    cause: str | None = None
    spent: int | None = None
    """Milliseconds that the parts of a sequence took."""
    actions: int = 1
    """How many actions ran for it."""
    logs_apart: bool = False
    """Logs are asked for by themselves: calls at a time in one container leave none in a record."""

    @property
    def listed(self) -> str:
        """The name that a list is asked for it by: of a package's action, the package with it.

        It is the caller's namespace that counts, and the package that the caller named.
        """
        whose = self.annotations.get("binding") or self.annotations.get("path", "")
        parts = whose.split("/")
        inside = "binding" in self.annotations or len(parts) == 3
        package = [parts[1]] if inside else []
        return "/".join([self.namespace, *package, self.name])

    @property
    def duration(self) -> int:
        """Milliseconds that it took."""
        if self.spent is not None:
            return self.spent
        return max(0, self.end - self.start) if self.end else 0

    @property
    def succeeded(self) -> bool:
        """Its action returned a result without an error."""
        return self.status == SUCCESS

    def response(self) -> Document:
        """The record's ``response``."""
        return {
            "result": self.result,
            "size": len(json.dumps(self.result, separators=(",", ":")).encode()),
            "status": STATUSES[self.status],
            "statusCode": self.status,
            "success": self.succeeded,
        }

    def summary(self) -> Document:
        """What lists show."""
        document: Document = {
            "activationId": self.id,
            "annotations": [{"key": k, "value": v} for k, v in sorted(self.annotations.items())],
            "duration": self.duration,
            "end": self.end,
            "name": self.name,
            "namespace": self.namespace,
            "publish": False,
            "start": self.start,
            "statusCode": self.status,
            "version": self.version,
        }
        if self.cause:
            document["cause"] = self.cause
        return document

    def document(self) -> Document:
        """The whole record."""
        whole = self.summary()
        del whole["statusCode"]
        logs = [] if self.logs_apart else self.logs
        whole |= {"logs": logs, "response": self.response(), "subject": self.subject}
        return whole


class Activations:
    """The kept records of all namespaces; the oldest go when there are too many.

    One that was begun has an end, whatever happens to the service meanwhile.
    """

    def __init__(self, db: Database, kept: int = KEPT) -> None:
        self._db, self._kept = db, kept
        self._since_trim = 0
        self._accepted: set[str] = set()
        db.schema(ACCEPTED)

    def accept(self, activation: Activation) -> None:
        """A caller was told this id: whatever happens, the record will have an end."""
        self._accepted.add(activation.id)
        self._db.run(
            "INSERT OR REPLACE INTO whisk_accepted VALUES (?, ?, ?)",
            activation.id,
            activation.listed,
            json.dumps(activation.document()),
        )

    def recover(self) -> None:
        """End what was accepted by a service that ended before it could."""
        for identifier, text in self._db.rows("SELECT id, document FROM whisk_accepted"):
            document = json.loads(text)
            activation = Activation(
                namespace=document["namespace"],
                name=document["name"],
                version=document["version"],
                subject=document["subject"],
                start=document["start"],
                id=identifier,
                end=document["start"],
                status=INTERNAL_ERROR,
                result={"error": LOST},
                annotations={pair["key"]: pair["value"] for pair in document["annotations"]},
            )
            self._accepted.add(identifier)
            self.keep(activation)

    def keep(self, activation: Activation, *, stored: bool = True) -> None:
        """Make a record durable; or only forget that its id was told."""
        if not stored:
            self._settled(activation.id)
            return
        self._db.run(
            "INSERT OR REPLACE INTO whisk_activations VALUES (?, ?, ?, ?, ?)",
            activation.id,
            activation.namespace,
            activation.listed,
            activation.start,
            json.dumps(
                activation.document() | ({APART: activation.logs} if activation.logs_apart else {})
            ),
        )
        self._settled(activation.id)
        self._since_trim += 1
        if self._since_trim >= min(100, self._kept):
            self._since_trim = 0
            self._db.run(
                "DELETE FROM whisk_activations WHERE rowid NOT IN"
                " (SELECT rowid FROM whisk_activations ORDER BY start DESC LIMIT ?)",
                self._kept,
            )

    def _settled(self, identifier: str) -> None:
        if identifier in self._accepted:
            self._accepted.discard(identifier)
            self._db.run("DELETE FROM whisk_accepted WHERE id = ?", identifier)

    def get(self, namespace: str, identifier: str) -> Document:
        """A record; 404 where there is none, 400 for what is no activation's id."""
        if len(identifier) != 32:
            raise bad_request(f"Activation id length is {len(identifier)} but must be 32.")
        if not all(c in "0123456789abcdefABCDEF" for c in identifier):
            raise bad_request("The activation id is not valid.")
        row = self._db.row(
            "SELECT document FROM whisk_activations WHERE id = ? AND namespace = ?",
            identifier,
            namespace,
        )
        if row is None:
            raise WhiskError(404, "The requested resource does not exist.")
        document: Document = json.loads(row[0])
        return document

    def logs(self, namespace: str, identifier: str) -> list[str]:
        """A record's lines, wherever they are kept."""
        document = self.get(namespace, identifier)
        found: list[str] = document[APART if APART in document else "logs"]
        return found

    def every(self) -> list[Document]:
        """All records, of all namespaces."""
        rows = self._db.rows("SELECT document FROM whisk_activations")
        return [shown(json.loads(document)) for (document,) in rows]

    def list(
        self,
        namespace: str,
        *,
        name: str | None = None,
        since: int | None = None,
        upto: int | None = None,
    ) -> list[Document]:
        """Whole records, newest first; ``name`` may be ``action`` or ``package/action``."""
        query, values = "SELECT document FROM whisk_activations WHERE namespace = ?", [namespace]
        bounds: list[Any] = []
        if name:
            query += " AND path = ?"
            bounds.append(f"{namespace}/{name}")
        if since is not None:
            query += " AND start >= ?"
            bounds.append(since)
        if upto is not None:
            query += " AND start <= ?"
            bounds.append(upto)
        rows = self._db.rows(query + " ORDER BY start DESC, rowid DESC", *values, *bounds)
        return [shown(json.loads(document)) for (document,) in rows]


def shown(document: Document) -> Document:
    """A record without what is asked for by itself."""
    document.pop(APART, None)
    return document


def summary_of(document: Document) -> Document:
    """A list's row from a whole record."""
    row = {k: v for k, v in document.items() if k not in ("logs", "response", "subject")}
    return row | {"statusCode": document["response"]["statusCode"]}
