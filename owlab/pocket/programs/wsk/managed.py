"""What a managed project has: each of its entities carries the project's name, and the manifest's
hash, by which a later ``wsk project sync`` tells what is not named any more."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.session import Session

MANAGED = "whisk-managed"
PROJECT, HASH = "projectName", "projectHash"
Document = dict[str, Any]


def managed_annotation(project: str, path: str, manifest: bytes) -> Document:
    """The annotation of all that a manifest names."""
    size = len(manifest)
    text = b"OpenWhisk" + (chr(size) if size < 0x110000 else "\ufffd").encode() + b"golang\0"
    digest = hashlib.sha1(text + manifest, usedforsecurity=False).hexdigest()
    value = {PROJECT: project, HASH: digest, "file": path, "projectDeps": []}
    return {"key": MANAGED, "value": value}


def project_of(document: Document) -> str:
    """The project that an entity belongs to; nothing for none."""
    told = output.annotation(document, MANAGED)
    return str(told.get(PROJECT, "")) if isinstance(told, dict) else ""


def stale(document: Document, mark: Document) -> bool:
    """It belongs to the project, and the manifest does not name it any more."""
    told, now = output.annotation(document, MANAGED), mark["value"]
    if not isinstance(told, dict):
        return False
    return bool(told.get(PROJECT) == now[PROJECT] and told.get(HASH) != now[HASH])


@dataclass
class ManagedEntities:
    """The entities of a project, as the server lists them."""

    packages: list[Document] = field(default_factory=list)
    actions: list[Document] = field(default_factory=list)
    triggers: list[Document] = field(default_factory=list)
    rules: list[Document] = field(default_factory=list)


async def listed(session: Session, kind: str, package: str = "") -> list[Document]:
    """All entities of a kind in the namespace, or the actions of a package."""
    path = session.remote.namespaced(session.namespace, kind, package) + ("/" if package else "")
    rows: list[Document] = await session.remote.ask(kind, "GET", f"{path}?limit=0&skip=0")
    return rows


async def of_project(session: Session, project: str) -> ManagedEntities:
    """What was deployed for a project; actions outside of a package are not looked for."""
    found = ManagedEntities()
    for kind in ("packages", "triggers", "rules"):
        rows = await listed(session, kind)
        setattr(found, kind, [row for row in rows if project_of(row) == project])
    for package in found.packages:
        if package.get("binding"):
            continue
        rows = await listed(session, "actions", package["name"])
        found.actions += [row for row in rows if project_of(row) == project]
    return found


def full_name(row: Document) -> str:
    """An action's name with its package."""
    package = row["namespace"].partition("/")[2]
    return f"{package}/{row['name']}" if package else str(row["name"])
