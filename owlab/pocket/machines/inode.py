"""What a machine's file system is made of: files, directories, links, and whose they are."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["file", "directory", "symlink", "fifo", "character", "block"]

READ, WRITE, EXECUTE = 4, 2, 1
STICKY, SETGID = 0o1000, 0o2000
DIRECTORY_SIZE = 4096
MOST_READ = 1 << 29
"""What is kept as a number of zeros can be larger than what may be read at once."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Credentials:
    """As whom a process asks."""

    uid: int
    gid: int
    groups: frozenset[int] = frozenset()

    @property
    def is_root(self) -> bool:
        """Root is asked nothing."""
        return self.uid == 0

    def in_group(self, gid: int) -> bool:
        """One of the process's groups."""
        return gid == self.gid or gid in self.groups


ROOT = Credentials(0, 0)


class GeneratedContent(Protocol):
    """Content that is made when somebody looks: ``/proc``, the programs in ``/usr/bin``."""

    def names(self) -> Iterable[str]:
        """What a directory holds besides its stored entries."""

    def get(self, name: str) -> Inode | None:
        """One of them."""

    def read(self) -> bytes:
        """A file's content."""

    def write(self, content: bytes) -> None:
        """Take what is written to a file; OSError where it cannot be."""


@dataclass(slots=True, eq=False)
class Inode:
    """A file, directory or link. ``revision`` grows with each change: two equal ones are one."""

    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    content: bytes = b""
    entries: dict[str, Inode] = field(default_factory=dict)
    target: str = ""
    modified: float = 0.0
    changed: float = 0.0
    links: int = 1
    source: GeneratedContent | None = None
    device: tuple[int, int] = (0, 0)
    """The numbers of a device."""
    zeros: int = 0
    """Zero bytes after the content, which are not kept one by one."""
    sparse: bool = False
    """They take no room, as what `truncate` adds."""
    number: int = field(default_factory=lambda: next(_numbers))
    revision: int = 0

    @property
    def is_directory(self) -> bool:
        """It holds others."""
        return self.kind == "directory"

    @property
    def size(self) -> int:
        """As ``stat`` shows it."""
        if self.kind == "directory":
            return DIRECTORY_SIZE
        if self.kind == "symlink":
            return len(self.target.encode())
        # The kernel's own files show nothing before they are read.
        return len(self.content) + self.zeros

    @property
    def taken(self) -> int:
        """The room that a file takes on its disk."""
        return len(self.content) + (0 if self.sparse else self.zeros)

    def read(self) -> bytes:
        """What is in a file."""
        if self.source is not None:
            return self.source.read()
        if not self.zeros:
            return self.content
        if self.size > MOST_READ:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return self.content + bytes(self.zeros)

    def replace(self, content: bytes) -> None:
        """Other content."""
        self.content, self.zeros, self.sparse = content, 0, False

    def get(self, name: str) -> Inode | None:
        """An entry of a directory."""
        found = self.entries.get(name)
        if found is None and self.source is not None:
            found = self.source.get(name)
        return found

    def names(self) -> list[str]:
        """The entries of a directory, sorted."""
        more = self.source.names() if self.source is not None else ()
        return sorted({*self.entries, *more})

    def allows(self, who: Credentials, bits: int) -> bool:
        """Whether the mode lets somebody read, write or execute."""
        if who.is_root:
            # Root needs one x somewhere to run a file, and nothing else.
            executable = self.is_directory or bool(self.mode & 0o111)
            return executable or not bits & EXECUTE
        shift = 6 if who.uid == self.uid else 3 if who.in_group(self.gid) else 0
        return (self.mode >> shift) & bits == bits
