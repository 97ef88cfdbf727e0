"""The cluster's tables in the lab's database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import orjson

from owlab.pocket.ground.database import Database
from owlab.pocket.kube.store.entry import Entry
from owlab.pocket.kube.store.keys import Key

TABLES = """
CREATE TABLE IF NOT EXISTS kube_store (
    api_group TEXT NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    object TEXT NOT NULL, PRIMARY KEY (api_group, kind, namespace, name)
) STRICT;
CREATE TABLE IF NOT EXISTS kube_keys (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS kube_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


def load(db: Database) -> Iterator[tuple[Key, Entry]]:
    """Every object that is stored."""
    _take_over(db)
    for group, kind, namespace, name, text in db.rows("SELECT * FROM kube_store"):
        yield Key(group, kind, namespace, name), Entry(str(text).encode())


def save(db: Database, changed: dict[Key, bytes | None], version: int) -> None:
    """Write objects, and remove those that are None, in one transaction."""
    with db.transaction():
        for key, packed in changed.items():
            if packed is None:
                where = "(api_group, kind, namespace, name) = (?, ?, ?, ?)"
                db.run(f"DELETE FROM kube_store WHERE {where}", *key)
            else:
                db.run(
                    "INSERT OR REPLACE INTO kube_store VALUES (?, ?, ?, ?, ?)",
                    *key,
                    packed.decode(),
                )
        db.run("INSERT OR REPLACE INTO kube_meta VALUES ('resourceVersion', ?)", version)


def signing_key(db: Database) -> bytes:
    """The key of the cluster's service accounts, made when it is first asked for."""
    row = db.row("SELECT value FROM kube_keys WHERE name = 'serviceAccounts'")
    if row is None:
        made = secrets.token_bytes(32)
        with db.transaction():
            db.run("INSERT INTO kube_keys VALUES ('serviceAccounts', ?)", made)
        return made
    return bytes(row[0])


def _take_over(db: Database) -> None:
    """Objects of a lab that the first version made, whose keys had no group."""
    if not db.row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'kube_objects'"):
        return
    with db.transaction():
        for kind, namespace, name, text in db.rows("SELECT * FROM kube_objects"):
            group = str(orjson.loads(text).get("apiVersion", "")).rpartition("/")[0]
            db.run(
                "INSERT OR IGNORE INTO kube_store VALUES (?, ?, ?, ?, ?)",
                group, kind, namespace, name, text,
            )  # fmt: skip
        db.run("DROP TABLE kube_objects")
