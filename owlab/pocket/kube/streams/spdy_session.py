"""A SPDY connection of a client: the streams that it opens, over a socket or in a WebSocket."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from owlab.pocket.kube.streams import spdy

_WAITING = 64
"""Chunks of one stream that nobody has read yet; after that the client has to wait."""
_CHUNK = 1 << 16
_PATIENCE = 5.0


class Wire(Protocol):
    """What carries the frames."""

    async def read(self) -> bytes:
        """The next bytes; none when the client has gone."""

    async def write(self, data: bytes) -> None:
        """Send; what a client that has gone would have got is dropped."""


class SocketWire:
    """A connection that was HTTP before."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        """The next bytes; none when the client has gone."""
        with suppress(OSError):
            return await self._reader.read(_CHUNK)
        return b""

    async def write(self, data: bytes) -> None:
        """Send, no faster than the client reads."""
        with suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()


class WebSocketWire:
    """SPDY in the messages of a WebSocket."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def read(self) -> bytes:
        """The next bytes; none when the client has gone."""
        with suppress(WebSocketDisconnect, RuntimeError, KeyError):
            while True:
                if data := await self._socket.receive_bytes():
                    return data
        return b""

    async def write(self, data: bytes) -> None:
        """Send; what a client that has gone would have got is dropped."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_bytes(data)


class Stream:
    """One stream: what the client says on it, and what is said to the client."""

    def __init__(self, wire: Wire, frame: spdy.Frame) -> None:
        self._wire = wire
        self.number = frame.stream
        self.headers = {name.lower(): value for name, value in frame.headers.items()}
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        self._deaf = False

    async def read_chunk(self) -> bytes | None:
        """The client's next bytes, or None when it sends no more."""
        return await self._chunks.get()

    async def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        for at in range(0, len(data), _CHUNK):
            await self._wire.write(spdy.data(self.number, data[at : at + _CHUNK]))

    async def end(self) -> None:
        """Send no more."""
        await self._wire.write(spdy.data(self.number, b"", last=True))

    async def arrived(self, data: bytes | None) -> None:
        """What the session has read; None is the end."""
        if not self._deaf and data != b"":
            await self._chunks.put(data)

    def stop_listening(self) -> None:
        """Nobody reads this any more: what arrives is dropped, and holds up nothing."""
        self._deaf = True
        while not self._chunks.empty():
            self._chunks.get_nowait()

    def cut_off(self) -> None:
        """The client has gone."""
        self.stop_listening()
        self._chunks.put_nowait(None)


class SpdySession:
    """All streams of one connection."""

    def __init__(self, wire: Wire, opened: Callable[[Stream], None]) -> None:
        """:param opened: is called with every stream that the client opens."""
        self._wire = wire
        self._opened = opened
        self._framing = spdy.Framing()
        self._streams: dict[int, Stream] = {}

    async def run(self) -> None:
        """Read until the client has gone, or says what is not SPDY."""
        with suppress(ValueError):
            while data := await self._wire.read():
                for frame in self._framing.read(data):
                    await self._take(frame)
        for stream in self._streams.values():
            stream.cut_off()

    async def _take(self, frame: spdy.Frame) -> None:
        match frame.kind:
            case spdy.SYN_STREAM:
                stream = self._streams[frame.stream] = Stream(self._wire, frame)
                await self._wire.write(self._framing.reply(frame.stream))
                self._opened(stream)
            case spdy.PING:
                await self._wire.write(spdy.ping(frame))
                return
            case spdy.DATA if frame.data and frame.stream in self._streams:
                await self._streams[frame.stream].arrived(frame.data)
        ends = frame.ends or frame.kind == spdy.RST_STREAM
        if ends and (ending := self._streams.pop(frame.stream, None)):
            await ending.arrived(None)

    def stop_listening(self) -> None:
        """Nobody reads any stream any more."""
        for stream in self._streams.values():
            stream.stop_listening()


async def serve(wire: Wire, session: SpdySession, work: asyncio.Future[None]) -> None:
    """Run both until the client has gone or the work is done; then say goodbye.

    A connection is not closed while the client still sends: what it has not read would be lost.
    """
    reading = asyncio.ensure_future(session.run())
    try:
        await asyncio.wait([reading, work], return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            work.cancel()
            await asyncio.wait([work])
            return
        work.result()
        session.stop_listening()
        await wire.write(spdy.goaway())
        await asyncio.wait([reading], timeout=_PATIENCE)
    finally:
        reading.cancel()
        work.cancel()
