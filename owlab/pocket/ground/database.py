"""The lab's one SQLite file: every part keeps its own tables in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Database:
    """A thin handle on SQLite, used from the service's event loop only.

    Write-ahead logging: what was committed is there however the process ends, ``kill -9`` included.
    When the computer itself loses power, the newest changes may be lost; what is there then is
    whole, and as it was at one moment. (``synchronous=FULL`` would wait for the disk at each of
    the thousands of changes of a deployment.)
    """

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        if str(path) != ":memory:":
            Path(path).touch(mode=0o600)  # SQLite gives its other files the same permissions
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._depth = 0

    def schema(self, statements: str) -> None:
        """Create tables; each statement says ``IF NOT EXISTS``."""
        self._connection.executescript(statements)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        return found

    def run(self, query: str, *values: Any) -> int:
        """Execute a change; returns the number of rows that it touched."""
        return self._connection.execute(query, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nests by joining the outer one. No ``await`` inside."""
        if self._depth == 0:
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            # A full disk makes SQLite roll back by itself.
            if self._depth == 0 and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute("COMMIT")

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the whole database to ``path``."""
        with sqlite3.connect(path) as copy:
            self._connection.backup(copy)
        copy.close()

    def close(self) -> None:
        """Close the file; safe to repeat."""
        self._connection.close()
