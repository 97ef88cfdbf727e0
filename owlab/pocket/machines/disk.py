"""The machines' disks: what is in memory while the service runs, kept in the lab's database.

A machine's tree counts its changes. After every command (and every second of a long one) a tree
that has changed is compared with what was stored, and only what differs is written.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from owlab.pocket.ground.database import Database
from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.tree import Tree

SCHEMA = """
CREATE TABLE IF NOT EXISTS machines (name TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS files (
    machine TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, mode INTEGER NOT NULL,
    modified REAL NOT NULL, content BLOB NOT NULL,
    uid INTEGER NOT NULL DEFAULT 0, gid INTEGER NOT NULL DEFAULT 0,
    zeros INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (machine, path)
) STRICT, WITHOUT ROWID;
"""
OWNERS = ("uid", "gid")
ADDED = (*OWNERS, "zeros")
"""Columns that a database of an earlier owlab may not have."""

# What decides that an entry is as it was stored.
Stamp = tuple[int, int]
Row = tuple[str, str, int, bytes, int, int, float, int]
"""Path, kind, mode, content, user, group, time of the last change, and how many zeros follow the
content: less than none where they take no room."""


DiskImage = list[list[Any]]
"""The rows of all files, with their content in base64: as JSON has it."""


class Disks:
    """Stores machines and their files, and brings them back."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.schema(SCHEMA)
        self._add_owners()
        self._stored: dict[str, dict[str, Stamp]] = {}
        self._seen: dict[str, tuple[Tree, int]] = {}
        self._data: dict[str, str] = {}

    def _add_owners(self) -> None:
        """A database of an earlier owlab does not say whose the files are."""
        known = {str(row[1]) for row in self._db.rows("PRAGMA table_info(files)")}
        for column in ADDED:
            if column not in known:
                self._db.run(f"ALTER TABLE files ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
        if not known.issuperset(OWNERS):
            self._db.run(
                "UPDATE files SET uid = 1000, gid = 1000 "
                "WHERE path = '/home/ubuntu' OR path LIKE '/home/ubuntu/%'"
            )

    def names(self) -> list[tuple[str, dict[str, Any]]]:
        """The stored machines with their data, in the order of their creation."""
        return [
            (name, json.loads(data))
            for name, data in self._db.rows("SELECT name, data FROM machines ORDER BY rowid")
        ]

    def load(self, machine: Machine) -> None:
        """Fill a machine's file system with what was stored."""
        rows = self._db.rows(
            "SELECT path, kind, mode, content, uid, gid, modified, zeros FROM files "
            "WHERE machine = ? ORDER BY path",
            machine.name,
        )
        fill(machine.tree, rows)
        self._remember(machine.name, machine.tree)

    @staticmethod
    def image(machine: Machine) -> DiskImage:
        """All files of a machine as JSON: path, kind, mode, content in base64, owner, time."""
        return [
            [path, kind, mode, base64.b64encode(content).decode(), *more]
            for path, kind, mode, content, *more in (
                _row(path, inode) for path, inode in _walk(machine.tree.root)
            )
        ]

    @staticmethod
    def filled(image: DiskImage) -> Tree:
        """A new tree with the files of an image."""
        tree = Tree()
        fill(tree, [(p, k, m, base64.b64decode(text), *more) for p, k, m, text, *more in image])
        return tree

    def _remember(self, name: str, tree: Tree) -> None:
        self._stored[name] = _stamps(tree)
        self._seen[name] = (tree, tree.revision)

    def save(self, machine: Machine, data: dict[str, Any]) -> None:
        """Store what changed since the last time, all or nothing."""
        tree, text = machine.tree, json.dumps(data, sort_keys=True)
        same_files = self._seen.get(machine.name) == (tree, tree.revision)
        if same_files and self._data.get(machine.name) == text:
            return
        before, revision = self._stored.get(machine.name, {}), tree.revision
        inodes = {} if same_files else dict(_walk(tree.root))
        now = before if same_files else {p: (i.number, i.revision) for p, i in inodes.items()}
        changed = [path for path, stamp in now.items() if before.get(path) != stamp]
        gone = before.keys() - now.keys()
        try:
            with self._db.transaction():
                self._db.run(
                    "INSERT INTO machines VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET data = excluded.data",
                    machine.name,
                    text,
                )
                for path in gone:
                    self._db.run(
                        "DELETE FROM files WHERE machine = ? AND path = ?", machine.name, path
                    )
                for path in changed:
                    _, kind, mode, content, uid, gid, modified, zeros = _row(path, inodes[path])
                    self._db.run(
                        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        *(machine.name, path, kind, mode, modified, content, uid, gid, zeros),
                    )
        except sqlite3.OperationalError as error:
            # SQLite has rolled back by itself then, so that the reason is one error further down.
            reasons = f"{error} {error.__context__ or ''}"
            if "full" in reasons or "disk I/O" in reasons:
                raise DiskFull("database or disk is full") from error
            raise
        self._stored[machine.name], self._data[machine.name] = now, text
        self._seen[machine.name] = (tree, revision)

    def forget(self, name: str) -> None:
        """Remove a machine and its files for good."""
        with self._db.transaction():
            self._db.run("DELETE FROM machines WHERE name = ?", name)
            self._db.run("DELETE FROM files WHERE machine = ?", name)
        self._stored.pop(name, None)
        self._seen.pop(name, None)
        self._data.pop(name, None)


def fill(tree: Tree, rows: Iterable[tuple[Any, ...]]) -> None:
    """Put stored files into a tree; parents come first, or are made."""
    for path, kind, mode, content, *more in rows:
        uid, gid, modified, zeros, *_ = (*more, 0, 0) if more else (0, 0, 0.0, 0)
        *parents, name = path.strip("/").split("/")
        directory = tree.root
        for parent in parents:
            directory = directory.entries.setdefault(parent, Inode("directory", 0o755))
        inode = directory.entries.get(name) or Inode(kind, mode)
        inode.mode, inode.uid, inode.gid = mode, uid, gid
        inode.modified = inode.changed = modified
        if kind == "symlink":
            inode.target = content.decode()
        else:
            inode.replace(content)
            inode.zeros, inode.sparse = abs(zeros), zeros < 0
        directory.entries[name] = inode
    tree.note(tree.root, content=False)


def _walk(directory: Inode, above: str = "") -> Iterator[tuple[str, Inode]]:
    """What is stored of a directory, with its path: not what is made when somebody looks."""
    for name, inode in sorted(directory.entries.items()):
        path = f"{above}/{name}"
        if inode.kind == "fifo" or (inode.source is not None and inode.kind == "file"):
            continue
        yield path, inode
        if inode.is_directory:
            yield from _walk(inode, path)


def _stamps(tree: Tree) -> dict[str, Stamp]:
    return {path: (inode.number, inode.revision) for path, inode in _walk(tree.root)}


def _row(path: str, inode: Inode) -> Row:
    content = inode.target.encode() if inode.kind == "symlink" else inode.content
    zeros = -inode.zeros if inode.sparse else inode.zeros
    return path, inode.kind, inode.mode, content, inode.uid, inode.gid, inode.modified, zeros
