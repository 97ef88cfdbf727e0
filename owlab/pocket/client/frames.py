"""How output travels from the service to its clients: one byte of kind, four of length, bytes.

Standard library only, and nothing of the package: the client's start-up time is the user's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

OUT, ERR, EXIT, SWITCH, RUN = b"o", b"e", b"x", b"s", b"r"
BEAT = b"b"
"""Nothing to say: the service is alive, and the command still runs."""
ASK = b"a"
"""A command wants what is typed: JSON of :class:`~owlab.pocket.client.keyboard.Wanted`'s fields."""
EDIT = b"d"
"""A command opens an editor: JSON of a draft's fields."""
HEADER = struct.Struct(">cI")


class ByteSource(Protocol):
    """What frames are read from."""

    def read(self, amount: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def frame(kind: bytes, data: bytes) -> bytes:
    """One frame."""
    return HEADER.pack(kind, len(data)) + data


def frames(source: ByteSource) -> Iterator[tuple[bytes, bytes]]:
    """Frames until the end; a stream that ends within one has lost its service."""
    while header := _exactly(source, HEADER.size):
        kind, length = HEADER.unpack(header)
        yield kind, _exactly(source, length)


def _exactly(source: ByteSource, amount: int) -> bytes:
    parts: list[bytes] = []
    left = amount
    while left:
        part = source.read(left)
        if not part:
            if parts:
                raise ConnectionError("the connection to the pocket lab broke off")
            return b""
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
