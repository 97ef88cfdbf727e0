"""Both ends of a connection inside the service."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Ends:
    """What one side of a connection reads from and writes to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Write all of it."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """Say and hear no more."""
        with suppress(OSError, RuntimeError):
            self.writer.close()


async def of_socket(one: socket.socket) -> Ends:
    """A connected socket as a pair of streams."""
    return Ends(*await asyncio.open_connection(sock=one))


async def carry(left: Ends, right: Ends) -> None:
    """Pass on what each side says until both have said all."""

    async def pass_on(source: Ends, target: Ends) -> None:
        with suppress(OSError):
            while chunk := await source.reader.read(_CHUNK):
                await target.send(chunk)
            target.writer.write_eof()

    try:
        await asyncio.gather(pass_on(left, right), pass_on(right, left))
    finally:
        left.close()
        right.close()
