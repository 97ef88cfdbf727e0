"""One run of the ``multipass`` command: what was typed, and where its files and output are."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from owlab.pocket.ground.streams import Reader
from owlab.pocket.machines.files import Files

if TYPE_CHECKING:
    from owlab.pocket.machines.views import LabView, ShellWanted

Sink = Callable[[bytes], Awaitable[None]]


class LocalFiles(Protocol):
    """The files of the computer on which the command was typed."""

    def absolute(self, name: str) -> str:
        """A name as typed, from the current directory."""

    def kind(self, path: str) -> str | None:
        """``file``, ``directory``, ``symlink``, or None where nothing is."""

    def read(self, path: str) -> bytes:
        """A file's content; OSError where it cannot be read."""

    def write(self, path: str, content: bytes, mode: int) -> None:
        """Write a file; OSError where it cannot be written."""

    def mode(self, path: str) -> int:
        """Permission bits."""

    def mkdir(self, path: str) -> None:
        """Make a directory with its parents."""

    def listdir(self, path: str) -> list[str]:
        """Names in a directory, sorted."""

    def readlink(self, path: str) -> str:
        """Where a symbolic link points."""

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link."""


@dataclass
class RealFiles:
    """The user's own computer; only ``transfer`` and ``--cloud-init FILE`` come here."""

    cwd: str

    def absolute(self, name: str) -> str:
        return os.path.normpath(Path(self.cwd) / name)

    def kind(self, path: str) -> str | None:
        try:
            mode = Path(path).lstat().st_mode
        except OSError:
            return None
        if stat.S_ISLNK(mode):
            return "symlink"
        return "directory" if stat.S_ISDIR(mode) else "file"

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def write(self, path: str, content: bytes, mode: int) -> None:
        Path(path).write_bytes(content)
        Path(path).chmod(mode)

    def mode(self, path: str) -> int:
        return stat.S_IMODE(Path(path).stat().st_mode)

    def mkdir(self, path: str) -> None:
        Path(path).mkdir(parents=True, exist_ok=True)

    def listdir(self, path: str) -> list[str]:
        return sorted(entry.name for entry in Path(path).iterdir())

    def readlink(self, path: str) -> str:
        return str(Path(path).readlink())

    def symlink(self, target: str, path: str) -> None:
        Path(path).unlink(missing_ok=True)
        Path(path).symlink_to(target)


@dataclass
class VirtualFiles:
    """A machine's file system."""

    fs: Files
    cwd: str

    def absolute(self, name: str) -> str:
        return "/" + posixpath.normpath(posixpath.join(self.cwd, name)).lstrip("/")

    def kind(self, path: str) -> str | None:
        try:
            return str(self.fs.stat(path)["file_type"])
        except OSError:
            return None

    def read(self, path: str) -> bytes:
        return self.fs.read_file(path)

    def write(self, path: str, content: bytes, mode: int) -> None:
        self.fs.write_file(path, content)
        self.fs.chmod(path, mode)

    def mode(self, path: str) -> int:
        return int(self.fs.stat(path)["mode"])

    def mkdir(self, path: str) -> None:
        self.fs.mkdir(path, recursive=True)

    def listdir(self, path: str) -> list[str]:
        return sorted(str(entry["name"]) for entry in self.fs.read_dir(path))

    def readlink(self, path: str) -> str:
        return self.fs.read_link(path)

    def symlink(self, target: str, path: str) -> None:
        if self.kind(path):
            self.fs.remove(path)
        self.fs.symlink(target, path)


@dataclass
class Invocation:
    """What a verb is given. ``switch`` is set where a shell can be changed to another machine."""

    argv: list[str]
    lab: LabView
    out_sink: Sink = field(repr=False)
    err_sink: Sink = field(repr=False)
    stdin: Reader = field(repr=False)
    files: LocalFiles = field(repr=False)
    tty: bool = False
    switch: Callable[[ShellWanted], None] | None = None

    async def out(self, text: str) -> None:
        """Write to standard output."""
        if text:
            await self.out_sink(text.encode())

    async def err(self, text: str) -> None:
        """Write to standard error."""
        if text:
            await self.err_sink(text.encode())

    async def read_stdin(self) -> bytes:
        """Everything on standard input."""
        chunks = []
        while (chunk := await self.stdin.read_chunk()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)
