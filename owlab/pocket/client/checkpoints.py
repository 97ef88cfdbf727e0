"""Saved states of a whole lab: copies of its database, which holds all that a lab knows."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DATABASE = "lab.sqlite"


class BadName(ValueError):
    """No name for a saved state."""


def place(directory: Path, name: str) -> Path:
    """Where the state of that name is kept."""
    if NAME.fullmatch(name) is None:
        raise BadName(f"{name!r} is not a name for a saved state: use letters, digits, . _ -")
    return directory / "saved" / f"{name}.sqlite"


def names(directory: Path) -> list[str]:
    """What is there."""
    return sorted(path.stem for path in (directory / "saved").glob("*.sqlite"))


def copy_stopped(directory: Path, target: Path) -> None:
    """Copy the database of a lab that does not run."""
    target.parent.mkdir(exist_ok=True)
    beside = target.with_suffix(".new")
    beside.unlink(missing_ok=True)
    source = sqlite3.connect(directory / DATABASE)
    copy = sqlite3.connect(beside)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    beside.replace(target)


def put_back(directory: Path, source: Path) -> None:
    """Make a saved state the lab's own; the lab must not run."""
    beside = directory / f"{DATABASE}.new"
    shutil.copyfile(source, beside)
    for leftover in ("-wal", "-shm"):
        (directory / f"{DATABASE}{leftover}").unlink(missing_ok=True)
    beside.replace(directory / DATABASE)
