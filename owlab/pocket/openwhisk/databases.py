"""OpenWhisk's three databases as CouchDB would list them, for those who operate it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service

Document = dict[str, Any]
# What wskadmin calls a database, and what the chart calls it.
NAMES = {
    "subjects": "test_subjects",
    "whisks": "test_whisks",
    "activations": "test_activations",
}


def primary_index(service: Service, database: str, *, docs: bool) -> Document | None:
    """All documents by their ids, as ``_all_docs`` tells them; None where there is no such one."""
    if database not in NAMES.values():
        return None
    rows = []
    for identifier, document in sorted(_documents(service, database)):
        revision = _revision(document)
        row = {"id": identifier, "key": identifier, "value": {"rev": revision}}
        if docs:
            row["doc"] = {"_id": identifier, "_rev": revision, **document}
        rows.append(row)
    return {"total_rows": len(rows), "offset": 0, "rows": rows}


def _documents(service: Service, database: str) -> Iterator[tuple[str, Document]]:
    if database == NAMES["subjects"]:
        return _subjects(service)
    if database == NAMES["activations"]:
        return ((f"{found['namespace']}/{found['activationId']}", found)
                for found in service.activations.every())  # fmt: skip
    return _entities(service)


def _subjects(service: Service) -> Iterator[tuple[str, Document]]:
    entries = service.subjects.all()
    for subject in dict.fromkeys(entry.subject for entry in entries):
        own = [entry for entry in entries if entry.subject == subject]
        pairs = [(entry.namespace, *entry.key.split(":", 1)) for entry in own]
        names = [{"name": name, "uuid": uid, "key": key} for name, uid, key in pairs]
        blocked = {"blocked": True} if any(entry.blocked for entry in own) else {}
        yield subject, {"subject": subject, "namespaces": names, **blocked}
    for entry in entries:
        if entry.limits:
            yield f"{entry.namespace}/limits", dict(entry.limits)


def _entities(service: Service) -> Iterator[tuple[str, Document]]:
    for collection, document, code in service.store.every():
        kept = dict(document)
        if code:
            kept["exec"] = {**document["exec"], "code": code}
        name = f"{document['namespace']}/{document['name']}"
        yield name, {"entityType": collection.removesuffix("s"), **kept}


def _revision(document: Document) -> str:
    """The lab keeps no revisions: the version's last number, and a digest."""
    last = str(document.get("version", "0.0.1")).rpartition(".")[2]
    text = json.dumps(document, sort_keys=True).encode()
    return f"{last}-{hashlib.md5(text, usedforsecurity=False).hexdigest()}"
