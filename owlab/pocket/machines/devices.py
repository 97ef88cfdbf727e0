"""``/dev``: the few devices that scripts read from and throw things into."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.inode import Inode, Kind

SOME = 1 << 20
"""A file that the interpreter reads is read whole: of what has no end, so many bytes."""


class Device:
    """A file whose content is made, and that may swallow what is written. Implements ``Source``."""

    def __init__(self, read: Callable[[], bytes], write: Callable[[bytes], None]) -> None:
        self._read, self._write = read, write

    def names(self) -> Iterable[str]:
        """A device has no entries."""
        return ()

    def get(self, name: str) -> Inode | None:
        """None of them."""
        return None

    def read(self) -> bytes:
        """Its content now."""
        return self._read()

    def write(self, content: bytes) -> None:
        """Take what is written."""
        self._write(content)


def read_only(content: bytes) -> None:
    """Refuse to be written, as the kernel's files are."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def swallow(content: bytes) -> None:
    """Keep nothing."""


def full(content: bytes) -> None:
    """``/dev/full``."""
    if content:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def absent(content: bytes = b"") -> bytes:
    """What has a name and nothing behind it."""
    raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))


def untouched(content: bytes) -> None:
    """A disk that nobody may write to as a whole."""
    absent(content)


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of ``/dev``: its numbers, mode and group, and what it gives and takes."""

    device: tuple[int, int]
    read: Callable[[], bytes] = absent
    write: Callable[[bytes], None] = untouched
    mode: int = 0o666
    gid: int = 0
    kind: Kind = "character"


TTY, DISK = 5, 6
"""Ubuntu's groups."""
DEVICES: dict[str, Node] = {
    "null": Node((1, 3), lambda: b"", swallow),
    "zero": Node((1, 5), lambda: bytes(SOME), swallow),
    "full": Node((1, 7), lambda: bytes(SOME), full),
    "random": Node((1, 8), lambda: os.urandom(SOME), swallow),
    "urandom": Node((1, 9), lambda: os.urandom(SOME), swallow),
    "tty": Node((5, 0), lambda: b"", swallow, gid=TTY),
    "console": Node((5, 1), mode=0o600, gid=TTY),
    "ptmx": Node((5, 2), gid=TTY),
    "ttyS0": Node((4, 64), mode=0o660, gid=20),
    "vda": Node((252, 0), mode=0o660, gid=DISK, kind="block"),
    "vda1": Node((252, 1), mode=0o660, gid=DISK, kind="block"),
}


ENDLESS: dict[str, Callable[[int], bytes]] = {
    "/dev/zero": bytes,
    "/dev/full": bytes,
    "/dev/random": os.urandom,
    "/dev/urandom": os.urandom,
}
"""So many bytes of what has no end, for programs that read it bit by bit."""


class Devices:
    """The directory ``/dev``. Implements ``Source``."""

    def __init__(self) -> None:
        self._made = {
            name: Inode(
                *(node.kind, node.mode, 0, node.gid),
                source=Device(node.read, node.write),
                device=node.device,
                modified=unix_time(),
            )
            for name, node in DEVICES.items()
        }

    def names(self) -> Iterable[str]:
        """The devices."""
        return self._made

    def get(self, name: str) -> Inode | None:
        """One device."""
        return self._made.get(name)

    def read(self) -> bytes:
        """A directory has no content."""
        return b""

    def write(self, content: bytes) -> None:
        """Nor can it be written."""
        read_only(content)
