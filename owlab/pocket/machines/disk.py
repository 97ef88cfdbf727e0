"""The machines' disks: what is in memory while the service runs, kept in the lab's database.

A machine's files live in a bashkit ``FileSystem`` that all of its shells share. After every
command (and every second of a long one) the tree is compared with what was stored, and only what
differs is written: walking 400 files takes 2 ms, a command usually changes none to three.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from bashkit import FileSystem

from owlab.pocket.ground.database import Database
from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.machines.machine import Machine

SCHEMA = """
CREATE TABLE IF NOT EXISTS machines (name TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS files (
    machine TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, mode INTEGER NOT NULL,
    modified REAL NOT NULL, content BLOB NOT NULL, PRIMARY KEY (machine, path)
) STRICT, WITHOUT ROWID;
"""

# What decides that an entry is as it was stored.
Stamp = tuple[str, int, int, float]


class Disks:
    """Stores machines and their files, and brings them back."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.schema(SCHEMA)
        self._stored: dict[str, dict[str, Stamp]] = {}
        self._data: dict[str, str] = {}

    def names(self) -> list[tuple[str, dict[str, Any]]]:
        """The stored machines with their data, in the order of their creation."""
        return [
            (name, json.loads(data))
            for name, data in self._db.rows("SELECT name, data FROM machines ORDER BY rowid")
        ]

    def load(self, machine: Machine) -> None:
        """Fill a machine's file system with what was stored."""
        rows = self._db.rows(
            "SELECT path, kind, mode, content FROM files WHERE machine = ? ORDER BY path",
            machine.name,
        )
        _fill(machine.fs, rows)
        self._stored[machine.name] = dict(_walk(machine.fs))

    @staticmethod
    def image(machine: Machine) -> list[list[Any]]:
        """All files of a machine as JSON: path, kind, mode, content in base64."""
        return [
            [path, kind, mode, base64.b64encode(_content(machine.fs, path, kind)).decode()]
            for path, (kind, _, mode, _) in sorted(_walk(machine.fs))
        ]

    @staticmethod
    def filled(image: list[list[Any]]) -> FileSystem:
        """A new file system with the files of an image."""
        fs = FileSystem()
        _fill(fs, [(path, kind, mode, base64.b64decode(text)) for path, kind, mode, text in image])
        return fs

    def save(self, machine: Machine, data: dict[str, Any]) -> None:
        """Store what changed since the last time, all or nothing."""
        before = self._stored.get(machine.name, {})
        now = dict(_walk(machine.fs))
        text = json.dumps(data, sort_keys=True)
        changed = [path for path, stamp in now.items() if before.get(path) != stamp]
        gone = before.keys() - now.keys()
        if not changed and not gone and self._data.get(machine.name) == text:
            return
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
                    kind, _, mode, modified = now[path]
                    self._db.run(
                        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                        machine.name,
                        path,
                        kind,
                        mode,
                        modified,
                        _content(machine.fs, path, kind),
                    )
        except sqlite3.OperationalError as error:
            # SQLite has rolled back by itself then, so that the reason is one error further down.
            reasons = f"{error} {error.__context__ or ''}"
            if "full" in reasons or "disk I/O" in reasons:
                raise DiskFull("database or disk is full") from error
            raise
        self._stored[machine.name], self._data[machine.name] = now, text

    def forget(self, name: str) -> None:
        """Remove a machine and its files for good."""
        with self._db.transaction():
            self._db.run("DELETE FROM machines WHERE name = ?", name)
            self._db.run("DELETE FROM files WHERE machine = ?", name)
        self._stored.pop(name, None)
        self._data.pop(name, None)

    def used(self, name: str) -> int:
        """Bytes in the stored files of a machine."""
        row = self._db.row("SELECT sum(length(content)) FROM files WHERE machine = ?", name)
        return int(row[0] or 0) if row else 0


def _fill(fs: FileSystem, rows: Iterable[tuple[Any, ...]]) -> None:
    """Parents first; links last, so that nothing is written through them."""
    links = []
    for path, kind, mode, content in rows:
        if kind == "symlink":
            links.append((path, content.decode()))
            continue
        if kind == "directory":
            fs.mkdir(path, recursive=True)
        else:
            fs.write_file(path, content)
        fs.chmod(path, mode)
    for path, target in links:
        fs.symlink(target, path)


def _walk(fs: FileSystem, directory: str = "/") -> Iterator[tuple[str, Stamp]]:
    for entry in fs.read_dir(directory):
        path = f"{directory.rstrip('/')}/{entry['name']}"
        about = entry["metadata"]
        kind = str(about["file_type"])
        if path == "/dev":
            continue  # every shell brings its own
        yield path, (kind, int(about["size"]), int(about["mode"]), float(about["modified"]))
        if kind == "directory":
            yield from _walk(fs, path)


def _content(fs: FileSystem, path: str, kind: str) -> bytes:
    if kind == "directory":
        return b""
    return fs.read_link(path).encode() if kind == "symlink" else fs.read_file(path)
