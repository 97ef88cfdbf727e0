"""The machines' disks: what is in memory while the service runs, kept in the lab's database.

A machine's files live in a bashkit ``FileSystem`` that all of its shells share. After every
command (and every second of a long one) the tree is compared with what was stored, contents
included, and only what differs is written: 400 files take 3 ms, a command usually changes none to
three. Size and date alone would miss a file whose date was set by hand.
"""

from __future__ import annotations

import base64
import json
import shlex
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bashkit import Bash, FileSystem

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

# What decides that an entry is as it was stored: kind, mode, date, and a hash of the content, with
# which nobody can meddle: it is another one in each process.
Stamp = tuple[str, int, float, int]
_UNLIMITED = 1_000_000_000


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
            "SELECT path, kind, mode, content, modified FROM files WHERE machine = ? ORDER BY path",
            machine.name,
        )
        _fill(machine.fs, (row[:4] for row in rows))
        _date(machine.fs, {path: modified for path, kind, _, _, modified in rows})
        self._stored[machine.name] = dict(_walk(machine.fs))

    @staticmethod
    def image(machine: Machine) -> list[list[Any]]:
        """All files of a machine as JSON: path, kind, mode, content in base64."""
        return [
            [path, kind, mode, base64.b64encode(_content(machine.fs, path, kind)).decode()]
            for path, (kind, mode, _, _) in sorted(_walk(machine.fs))
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
                    kind, mode, modified, _ = now[path]
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


def _date(fs: FileSystem, dates: Mapping[str, float]) -> None:
    """Give files their dates back, to the millisecond. Only a shell can, and not to links."""
    at: dict[int, list[str]] = {}  # a command for each file would take fifty times as long
    for path, modified in dates.items():
        at.setdefault(int(modified * 1000), []).append(shlex.quote(path))
    lines = []
    for milliseconds, paths in at.items():
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
        lines.append(f"touch -h -d {moment:%Y-%m-%dT%H:%M:%S.%fZ} {' '.join(paths)}")
    shell = Bash(max_commands=_UNLIMITED, timeout_seconds=_UNLIMITED)
    shell.mount("/", fs)
    shell.execute_sync("\n".join(lines))


def _walk(fs: FileSystem, directory: str = "/") -> Iterator[tuple[str, Stamp]]:
    for entry in fs.read_dir(directory):
        path = f"{directory.rstrip('/')}/{entry['name']}"
        about = entry["metadata"]
        kind = str(about["file_type"])
        if path == "/dev":
            continue  # every shell brings its own
        content = hash(_content(fs, path, kind))
        yield path, (kind, int(about["mode"]), float(about["modified"]), content)
        if kind == "directory":
            yield from _walk(fs, path)


def _content(fs: FileSystem, path: str, kind: str) -> bytes:
    if kind == "directory":
        return b""
    return fs.read_link(path).encode() if kind == "symlink" else fs.read_file(path)
