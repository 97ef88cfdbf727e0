"""Connections to ports over SPDY: a pair of streams each, by the number of the request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.websockets import WebSocket

from owlab.pocket.kube.streams.port_forward import Forward
from owlab.pocket.kube.streams.spdy_session import SpdySession, Stream, WebSocketWire, Wire

PROTOCOLS = ("portforward.k8s.io",)
TUNNEL = "SPDY/3.1+portforward.k8s.io"
"""The protocol of a WebSocket that carries SPDY, as kubectl speaks it from 1.31 on."""


async def forward_over_spdy(wire: Wire, forward: Forward) -> None:
    """Until the client goes away."""
    pairs = _Pairs(forward)
    try:
        await SpdySession(wire, pairs.opened).run()
    finally:
        pairs.close()


async def tunnel_over_websocket(socket: WebSocket, forward: Forward) -> None:
    """The same inside a WebSocket."""
    await socket.accept(subprotocol=TUNNEL)
    await forward_over_spdy(WebSocketWire(socket), forward)


@dataclass
class _Pairs:
    """The streams of connections, until both of one are there."""

    forward: Forward
    waiting: dict[str, dict[str, Stream]] = field(default_factory=dict)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def opened(self, stream: Stream) -> None:
        name, request = stream.headers.get("streamtype", ""), stream.headers.get("requestid", "")
        if name not in ("data", "error"):
            stream.stop_listening()
            return
        pair = self.waiting.setdefault(request, {})
        pair[name] = stream
        if len(pair) < 2:
            return
        del self.waiting[request]
        pair["error"].stop_listening()
        port = pair["data"].headers.get("port", "")
        number = int(port) if port.isdecimal() and len(port) < 6 else 0
        task = asyncio.create_task(_run(self.forward, number, pair["data"], pair["error"]))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    def close(self) -> None:
        for task in self.running:
            task.cancel()


async def _run(forward: Forward, port: int, data: Stream, error: Stream) -> None:
    await forward(port, data, error)
    data.stop_listening()
