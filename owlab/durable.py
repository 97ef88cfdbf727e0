"""Files that are whole or not there: also after a kill, a full disk or a power cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write(path: Path, text: str, mode: int | None = None) -> None:
    """Write a file, all or nothing, and on the disk before it takes the place of the old one.

    :param mode: its permissions from its first byte on; those that the system gives, without.
    :raises OSError: it cannot be written; the one from before stays.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o666 if mode is None else mode, exist_ok=False)
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # the name, too; not every file system can
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
