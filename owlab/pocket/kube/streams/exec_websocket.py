"""The streams of a command as channels of a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from owlab.pocket.ground.streams import Sink
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.streams.exec import ExecRequest

_PROTOCOLS = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    "channel.k8s.io",
    "base64.channel.k8s.io",
)
_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255
_BUFFERED = 64
_ENDING_SECONDS = 2.0
"""How long a command goes on without its client, who may have sent all and gone.

A terminal's command does not: it is hung up."""


async def exec_over_websocket(socket: WebSocket, command: ExecRequest) -> None:
    """Run a command while the client listens."""
    offered = socket.scope.get("subprotocols", [])
    protocol = next((p for p in _PROTOCOLS if p in offered), None)
    await socket.accept(subprotocol=protocol)
    channels = _Channels(socket, "base64" in (protocol or ""))
    out = channels.sink(_STDOUT)
    streams = Streams(
        out=out,
        err=out if command.tty else channels.sink(_STDERR),
        stdin=channels if "stdin" in command.names else None,
        tty=command.tty,
    )
    listening = asyncio.ensure_future(channels.listen())
    working = asyncio.ensure_future(command.ending(streams))
    try:
        await asyncio.wait([working, listening], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():  # the client has gone
            await _left_alone(working, 0 if command.tty else _ENDING_SECONDS)
            return
        said = _told(working.result(), protocol)
        await channels.sink(_ERROR)(said)
        await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        return  # the client has gone while it was being told
    finally:
        listening.cancel()
        working.cancel()


async def _left_alone(working: asyncio.Future[Object], seconds: float) -> None:
    """Its input is over; a command that was about to end with it may do so."""
    await asyncio.wait([working], timeout=seconds)
    working.cancel()
    await asyncio.wait([working])


def _told(status: Object, protocol: str | None) -> bytes:
    """A Status; the first versions of the protocol know only words, and none for a success."""
    if protocol is None or protocol.startswith("v"):
        return json.dumps(status).encode()
    return str(status.get("message", "")).encode()


class _Channels:
    """Bytes with a number before them; what the client sends on the first is standard input."""

    def __init__(self, socket: WebSocket, in_base64: bool) -> None:
        self._socket = socket
        self._in_base64 = in_base64
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_BUFFERED)
        self._gone = False

    def sink(self, number: int) -> Sink:
        """Where output of one channel goes."""

        async def send(data: bytes) -> None:
            if self._gone:
                return
            if self._in_base64:
                await self._socket.send_text(f"{number}{base64.b64encode(data).decode()}")
            else:
                await self._socket.send_bytes(bytes([number]) + data)

        return send

    async def listen(self) -> None:
        """Until the client goes away. Sizes of its window are of no use here."""
        try:
            while True:
                frame = await self._receive()
                if frame[:1] == bytes([_STDIN]) and len(frame) > 1:
                    await self._chunks.put(frame[1:])
                elif frame == bytes([_CLOSE, _STDIN]):
                    await self._chunks.put(None)
        except (WebSocketDisconnect, RuntimeError, ValueError):
            self._gone = True
            with suppress(asyncio.QueueFull):  # then nobody waits for more
                self._chunks.put_nowait(None)

    async def _receive(self) -> bytes:
        """The next message, of text or of bytes."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1000)
        if (data := message.get("bytes")) is not None:
            return bytes(data)
        text = str(message.get("text") or "")
        if not self._in_base64:
            # A client that sends text means its number as a byte all the same.
            return text.encode()
        return bytes([int(text[:1])]) + base64.b64decode(text[1:]) if text else b""

    async def read_chunk(self) -> bytes | None:
        """The next bytes, or None when the client has closed its input."""
        return None if self._gone and self._chunks.empty() else await self._chunks.get()
