"""``/dev``: the few devices that scripts read from and throw things into."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable

from owlab.pocket.machines.inode import Inode

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


DEVICES: dict[str, tuple[Callable[[], bytes], Callable[[bytes], None]]] = {
    "null": (lambda: b"", swallow),
    "zero": (lambda: bytes(SOME), swallow),
    "full": (lambda: bytes(SOME), full),
    "random": (lambda: os.urandom(SOME), swallow),
    "urandom": (lambda: os.urandom(SOME), swallow),
    "tty": (lambda: b"", swallow),
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
            name: Inode("file", 0o666, source=Device(read, write))
            for name, (read, write) in DEVICES.items()
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
