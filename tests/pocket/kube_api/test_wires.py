"""What carries frames and channels to a client, and a client that goes at any moment."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.streams import spdy, spdy_session
from owlab.pocket.kube.streams.port_forward_websocket import forward_over_websocket
from owlab.pocket.kube.streams.spdy_session import (
    SocketWire,
    SpdySession,
    Stream,
    WebSocketWire,
    Wire,
    serve,
)
from owlab.pocket.kube.streams.upgrade import TAKEOVER, SpdyResponse, upgraded

from ..controllers.test_forwarded_ports import Socket
from .test_spdy_sessions import Client, until

GONE: list[Exception] = [ConnectionResetError(), BrokenPipeError(), TimeoutError()]


class Ends:
    """Both ends of a socket, one of which may be broken."""

    def __init__(self, broken: Exception | None, *chunks: bytes) -> None:
        self.broken, self.chunks, self.written = broken, list(chunks), b""
        self.drained = 0

    async def read(self, most: int) -> bytes:
        if self.broken is not None:
            raise self.broken
        return self.chunks.pop(0)[:most] if self.chunks else b""

    def write(self, data: bytes) -> None:
        self.written += data

    async def drain(self) -> None:
        if self.broken is not None:
            raise self.broken
        self.drained += 1


async def test_a_socket_carries_bytes() -> None:
    ends = Ends(None, b"ab", b"c")
    wire = SocketWire(cast(asyncio.StreamReader, ends), cast(asyncio.StreamWriter, ends))
    assert [await wire.read() for _ in range(3)] == [b"ab", b"c", b""]
    await wire.write(b"x")
    await wire.write(b"y")
    assert (ends.written, ends.drained) == (b"xy", 2)


@pytest.mark.parametrize("broken", GONE)
async def test_a_socket_whose_client_has_gone(broken: Exception) -> None:
    ends = Ends(broken)
    wire = SocketWire(cast(asyncio.StreamReader, ends), cast(asyncio.StreamWriter, ends))
    assert await wire.read() == b""
    await wire.write(b"x")


class Messages:
    """Starlette's other side of a WebSocket: messages that come, and those that are sent."""

    def __init__(self, *messages: dict[str, Any], broken: Exception | None = None) -> None:
        self.messages, self.sent, self.broken = list(messages), list[Any](), broken

    async def receive(self) -> dict[str, Any]:
        if not self.messages:
            return {"type": "websocket.disconnect", "code": 1000}
        return self.messages.pop(0)

    async def send(self, message: Any) -> None:
        if self.broken is not None:
            raise self.broken
        self.sent.append(message)

    def socket(self) -> WebSocket:
        made = WebSocket({"type": "websocket"}, cast(Any, self.receive), self.send)
        made.client_state = made.application_state = WebSocketState.CONNECTED
        return made


def binary(data: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": data}


async def test_a_websocket_carries_bytes() -> None:
    messages = Messages(binary(b"ab"), binary(b""), binary(b"c"))
    wire = WebSocketWire(messages.socket())
    # A message without bytes is not the end.
    assert [await wire.read() for _ in range(3)] == [b"ab", b"c", b""]
    assert await wire.read() == b"", "the end stays the end"
    await WebSocketWire(messages.socket()).write(b"x")
    assert messages.sent == [{"type": "websocket.send", "bytes": b"x"}]


async def test_text_in_a_websocket_of_frames_is_its_end() -> None:
    messages = Messages({"type": "websocket.receive", "text": "x"}, binary(b"a"))
    assert await WebSocketWire(messages.socket()).read() == b""


@pytest.mark.parametrize("broken", [OSError(), WebSocketDisconnect(1006), RuntimeError("closed")])
async def test_a_websocket_whose_client_has_gone(broken: Exception) -> None:
    await WebSocketWire(Messages(broken=broken).socket()).write(b"x")


# -- what begins as HTTP --------------------------------------------------------------------


class Closing(Ends):
    """The rest of a connection, whose end may be broken too."""

    def __init__(self, broken: Exception | None = None) -> None:
        super().__init__(None, b"in")
        self.on_close, self.closed = broken, 0

    def close(self) -> None:
        self.closed += 1
        if self.on_close is not None:
            raise self.on_close


@pytest.mark.parametrize("on_close", [None, ConnectionResetError()])
@pytest.mark.parametrize("fault", [None, ZeroDivisionError()])
async def test_a_connection_that_becomes_spdy(
    on_close: Exception | None, fault: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    ends, heads, heard = Closing(on_close), list[bytes](), list[bytes]()

    def take(head: bytes) -> tuple[Closing, Closing]:
        heads.append(head)
        return ends, ends

    async def served(wire: Wire) -> None:
        heard.append(await wire.read())
        await wire.write(b"out")
        if fault is not None:
            raise fault

    scope = {"type": "http", "path": "/x/exec", "extensions": {TAKEOVER: {"take": take}}}
    nobody = cast(Any, None)
    await SpdyResponse("v4.channel.k8s.io", served)(scope, nobody, nobody)
    assert heads == [
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
        b"X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"
    ]
    assert (heard, ends.written, ends.closed) == ([b"in"], b"out", 1)
    said = ["the streams of /x/exec ended badly"] if fault else []
    assert [record.getMessage() for record in caplog.records] == said


PORTS = ("portforward.k8s.io",)


def asking(*offered: str, upgrade: str = "SPDY/3.1", connection: str = "Upgrade",
           takes: bool = True) -> Request:  # fmt: skip
    headers = [(b"x-stream-protocol-version", name.encode()) for name in offered]
    headers += [(b"upgrade", upgrade.encode())] if upgrade else []
    headers += [(b"connection", connection.encode())] if connection else []
    return Request({
        "type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers,
        "extensions": {TAKEOVER: {}} if takes else None,
    })  # fmt: skip


UNKNOWN = "unable to upgrade: unrecognized upgrade header in request: "


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asking(*PORTS, upgrade=""), "Upgrade request required"),
        (asking(*PORTS, connection=""), "Upgrade request required"),
        (asking(*PORTS, connection="close"), "Upgrade request required"),
        (asking(*PORTS, upgrade="h2c"), f"{UNKNOWN}h2c"),
        (asking(*PORTS, takes=False), f"{UNKNOWN}spdy/3.1"),
    ],
)
def test_what_does_not_become_spdy(request_: Request, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        upgraded(request_, PORTS, cast(Any, None))
    assert refused.value.message == said


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("a", "b"), "b"),
        (("c", "b"), "c"),
        (("x, c , b",), "c"),
        (("x",), None),
        ((), None),
    ],
)
def test_which_protocol_is_spoken(offered: tuple[str, ...], chosen: str | None) -> None:
    """The first of the client's that the server knows."""
    answer = upgraded(asking(*offered, connection="keep-alive, Upgrade"), ("b", "c"), cast(Any, 0))
    if chosen is not None:
        assert isinstance(answer, SpdyResponse) and answer._protocol == chosen
        return
    told = json.loads(bytes(answer.body))
    assert (answer.status_code, told["reason"], told["code"]) == (403, "Forbidden", 403)
    assert told["message"] == (
        "unable to upgrade: unable to negotiate protocol: client supports "
        f"[{' '.join(offered)}], server supports [b c]"
    )


# -- streams that nobody reads any more -----------------------------------------------------


@pytest.fixture
def client() -> Client:
    return Client()


async def test_what_nobody_reads_is_dropped_however_much(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client can send all that it wants to, and go."""
    monkeypatch.setattr(spdy_session, "_PATIENCE", 60)
    opened: list[Stream] = []
    work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(client, SpdySession(client, opened.append), work))
    client.send(client.open(1))
    await until(lambda: opened)
    work.set_result(None)
    await until(lambda: (spdy.GOAWAY, 0, b"") in client.frames())
    for _ in range(3 * spdy_session._WAITING):
        client.send(spdy.data(1, b"more"))
    client.send(client.control(spdy.PING, 5))
    await until(lambda: (spdy.PING, 5, b"") in client.frames())
    assert opened[0]._chunks.empty()
    client.go()
    await asyncio.wait_for(serving, 5)


async def test_a_stream_is_cut_off_behind_what_waits(client: Client) -> None:
    opened: list[Stream] = []
    reading = asyncio.ensure_future(SpdySession(client, opened.append).run())
    client.send(client.open(1) + spdy.data(1, b"a") + spdy.data(1, b"b"))
    await until(lambda: opened and opened[0]._chunks.qsize() == 2)
    client.go()
    await asyncio.wait_for(reading, 5)
    assert await opened[0].read_chunk() is None
    assert opened[0]._chunks.empty()


# -- ports as channels ----------------------------------------------------------------------


class Broken(Socket):
    """A client that goes when something is sent to it, or asked of it."""

    def __init__(self, where: str, error: Exception) -> None:
        super().__init__("ports=80,81")
        self.where, self.error = where, error

    async def send_bytes(self, data: bytes) -> None:
        if self.where == "send" or (self.where == "later" and len(self.channels) == 3):
            raise self.error
        await super().send_bytes(data)

    async def receive(self) -> dict[str, Any]:
        if self.where == "receive":
            raise self.error
        return await super().receive()

    async def close(self) -> None:
        if self.where == "close":
            raise self.error
        await super().close()


@pytest.mark.parametrize("where", ["send", "later", "receive", "close"])
@pytest.mark.parametrize("error", [WebSocketDisconnect(1006), RuntimeError("closed")])
async def test_a_client_that_goes_while_it_is_served(where: str, error: Exception) -> None:
    """It is no fault, and nothing goes on for it."""
    served: list[str] = []

    async def forward(port: int, data: Any, failed: Any) -> None:
        served.append(f"{port} begins")
        try:
            if where != "close":
                await asyncio.sleep(60)
        finally:
            served.append(f"{port} ends")

    before = asyncio.all_tasks()
    socket = Broken(where, error)
    await asyncio.wait_for(forward_over_websocket(cast(WebSocket, socket), forward), 5)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    begun = [line for line in served if line.endswith("begins")]
    assert len(served) == 2 * len(begun) and not socket.closed


async def test_what_is_no_message_of_a_port_is_passed_over() -> None:
    """Text is bytes, too; empty messages, errors and channels that there are not say nothing."""
    heard: list[bytes] = []

    async def forward(port: int, data: Any, failed: Any) -> None:
        heard.append(await data.read_chunk())

    socket = Socket("ports=80")

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    messages: list[dict[str, Any]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": b""},
        {"type": "websocket.receive", "text": ""},
        {"type": "websocket.receive", "bytes": b"\1err"},
        {"type": "websocket.receive", "bytes": b"\2far"},
        {"type": "websocket.receive", "bytes": b"\0"},
        {"type": "websocket.receive", "text": "\0text"},
    ]
    socket.receive = receive  # type: ignore[method-assign]
    await asyncio.wait_for(forward_over_websocket(cast(WebSocket, socket), forward), 5)
    assert heard == [b"text"]
