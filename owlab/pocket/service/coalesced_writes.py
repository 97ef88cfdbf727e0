"""A connection on which the head of an answer travels with the beginning of its body."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast


class CoalescingTransport:
    """uvicorn writes both by themselves, which over TLS is two records and two packets.

    The head waits for what is written next; at most until the loop's next turn.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head = b""

    @classmethod
    def around(
        cls, transport: asyncio.BaseTransport, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Transport:
        """The same connection, for who takes it for any other."""
        return cast(asyncio.Transport, cls(cast(asyncio.Transport, transport), loop))

    def write(self, data: bytes) -> None:
        """Send, or keep a moment what is the head of an answer."""
        if not self._head and data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._loop.call_soon(self._flush)
            return
        head, self._head = self._head, b""
        self._transport.write(head + data if head else data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        """Send all of them."""
        self.write(b"".join(parts))

    def write_eof(self) -> None:
        """Send no more after what is there."""
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Close when everything is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():
            self._transport.write(head)

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)
