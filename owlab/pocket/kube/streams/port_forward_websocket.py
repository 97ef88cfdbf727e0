"""Connections to ports as channels of a WebSocket, as client libraries carry them.

The ports stand in the query. Each has a channel of data and one of errors, which begin with the
port's number.
"""

from __future__ import annotations

import asyncio
import struct

from starlette.websockets import WebSocket, WebSocketDisconnect

from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.streams.port_forward import Forward
from owlab.pocket.kube.streams.port_forward_spdy import TUNNEL, tunnel_over_websocket

_PROTOCOLS = ("v4.channel.k8s.io", "channel.k8s.io")
_BUFFERED = 64
_MOST = 127
"""Ports of one WebSocket: a channel's number is one byte."""


def check_ports(socket: WebSocket) -> None:
    """Raise BadRequest for ports that cannot be served; a tunnel has none in its query."""
    if TUNNEL not in socket.scope.get("subprotocols", []):
        _ports(socket)


async def forward_over_websocket(socket: WebSocket, forward: Forward) -> None:
    """``pods/NAME/portforward`` of an accepted user."""
    offered = socket.scope.get("subprotocols", [])
    if TUNNEL in offered:
        await tunnel_over_websocket(socket, forward)
        return
    ports = _ports(socket)
    await socket.accept(subprotocol=next((p for p in _PROTOCOLS if p in offered), None))
    channels = [_Channel(socket, number) for number in range(2 * len(ports))]
    tasks: list[asyncio.Future[None]] = []
    try:
        for index, port in enumerate(ports):
            data, error = channels[2 * index : 2 * index + 2]
            for channel in (data, error):
                await channel.write(struct.pack("<H", port))
            tasks.append(asyncio.ensure_future(forward(port, data, error)))
        listening = asyncio.ensure_future(_listen(socket, channels))
        tasks.append(listening)
        ended = asyncio.ensure_future(asyncio.wait(tasks[:-1]))
        await asyncio.wait([listening, ended], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not listening.done():
            await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        for task in tasks:
            task.cancel()


def _ports(socket: WebSocket) -> list[int]:
    texts = [p for item in socket.query_params.getlist("ports") for p in item.split(",")]
    if not texts:
        raise BadRequest('query parameter "port" is required')
    for text in texts:
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) < 1 << 16):
            raise BadRequest(f'unable to parse "{text}" as a port')
    if len(texts) > _MOST:
        raise BadRequest("too many ports for one connection")
    return [int(text) for text in texts]


class _Channel:
    """One channel: its bytes have its number before them."""

    def __init__(self, socket: WebSocket, number: int) -> None:
        self._socket, self._number = socket, number
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_BUFFERED)

    async def read_chunk(self) -> bytes | None:
        """The client's next bytes, or None when it sends no more."""
        return await self.chunks.get()

    async def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        await self._socket.send_bytes(bytes([self._number]) + data)

    async def end(self) -> None:
        """The protocol has no word for it: the WebSocket ends when all its ports have."""


async def _listen(socket: WebSocket, channels: list[_Channel]) -> None:
    """Until the client goes away."""
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("bytes") or (message.get("text") or "").encode()
            # Even numbers are data; nothing is said on the channels of errors.
            if len(frame) > 1 and frame[0] < len(channels) and not frame[0] % 2:
                await channels[frame[0]].chunks.put(frame[1:])
    except (WebSocketDisconnect, RuntimeError):
        return
