"""The machine's files, for a program and an engine that run outside of it."""

from __future__ import annotations

import posixpath
from pathlib import Path

from owlab.pocket.machines.file_status import FileStatus
from owlab.pocket.programs.base import Call

MAX_STAGED = 64 << 20


class CannotRead(OSError):
    """A file that cannot be read, and the reason as the system words it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"open {path}: {reason}")
        self.path = path
        self.reason = reason


def stat(call: Call, path: str) -> FileStatus | None:
    """What is at a path, or None."""
    try:
        return call.fs.stat(call.path(path))
    except (OSError, RuntimeError):
        return None


def exists(call: Call, path: str) -> bool:
    """Something is at this path."""
    return stat(call, path) is not None


def is_directory(call: Call, path: str) -> bool:
    """A directory is at this path."""
    found = stat(call, path)
    return found is not None and found["file_type"] == "directory"


def _may(call: Call, path: str, mode: int, bit: int) -> bool:
    """Owner and others count; groups do not exist here."""
    if call.root or mode & bit:
        return True
    owner = str(call.machine.owner(path)).partition(":")[0]
    return owner == call.user and bool(mode & (bit << 6))


def read_bytes(call: Call, path: str) -> bytes:
    """A file's content as the calling user may read it; raises CannotRead."""
    absolute = call.path(path)
    found = stat(call, absolute)
    if found is None:
        raise CannotRead(path, "no such file or directory")
    if found["file_type"] == "directory":
        raise CannotRead(path, "is a directory")
    if not _may(call, absolute, int(found["mode"]), 0o004):
        raise CannotRead(path, "permission denied")
    return bytes(call.fs.read_file(absolute))


def write_bytes(call: Call, path: str, content: bytes, mode: int = 0o644) -> None:
    """Write a file with its parents, owned by the calling user."""
    absolute = call.path(path)
    call.fs.mkdir(posixpath.dirname(absolute), recursive=True)
    call.fs.write_file(absolute, content)
    call.fs.chmod(absolute, mode)


def stage_tree(call: Call, path: str, target: Path) -> None:
    """Copy a directory of the machine to ``target``; raises CannotRead, also when it is huge."""
    total = 0
    pending = [(call.path(path), target)]
    while pending:
        folder, copy = pending.pop()
        copy.mkdir(parents=True, exist_ok=True)
        for entry in call.fs.read_dir(folder):
            name = str(entry["name"])
            source = posixpath.join(folder, name)
            if name == ".git":
                continue
            if is_directory(call, source):
                pending.append((source, copy / name))
                continue
            content = read_bytes(call, source)
            total += len(content)
            if total > MAX_STAGED:
                raise CannotRead(path, "directory too large for a chart")
            (copy / name).write_bytes(content)


def save_tree(call: Call, source: Path, path: str) -> None:
    """Copy files made by the engine into the machine, below ``path``."""
    for file in sorted(source.rglob("*")):
        if file.is_file():
            relative = file.relative_to(source).as_posix()
            write_bytes(call, posixpath.join(call.path(path), relative), file.read_bytes())
