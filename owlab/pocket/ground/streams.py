"""Input and output of what runs in the lab, as bytes that come and go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

Sink = Callable[[bytes], Awaitable[None]]
"""Where output goes; awaiting it is backpressure."""


async def nowhere(data: bytes) -> None:
    """A sink for what nobody reads."""


class Reader(Protocol):
    """Where standard input comes from."""

    async def read_chunk(self) -> bytes | None:
        """The next bytes, or None at the end."""


class Bytes:
    """Standard input that is known from the start."""

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data or None

    async def read_chunk(self) -> bytes | None:
        """All of it, then the end."""
        data, self._data = self._data, None
        return data
