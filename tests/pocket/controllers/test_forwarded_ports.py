"""Connections to the ports of pods: what is carried, what is refused, and over which channels."""

from __future__ import annotations

import asyncio
import struct
from typing import Any, cast

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from owlab.pocket.kube.errors import BadRequest, KubeletUnreached
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.streams.port_forward import Forward, forwarder
from owlab.pocket.kube.streams.port_forward_websocket import check_ports, forward_over_websocket
from owlab.pocket.network.unreached import ConnectionRefused

from .plain_store import pod, store_of
from .test_pod_terminals import FakeKubelet, Keys


class Server:
    """What answers on a port: it says some things, and remembers what it is told."""

    def __init__(self, *says: bytes) -> None:
        self.says, self.heard = list(says), b""
        self.ended = asyncio.Event()
        self.closed = False
        self.reader = self.writer = self

    async def read(self, most: int) -> bytes:
        if not self.says:
            await self.ended.wait()
            return b""
        return self.says.pop(0)

    def write(self, data: bytes) -> None:
        self.heard += data

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def write_eof(self) -> None:
        self.ended.set()

    def close(self) -> None:
        self.closed = True


class Region:
    def __init__(self, server: Server | None) -> None:
        self.server, self.asked, self.pods = server, list[int](), list[Any]()

    async def inside(self, found: Any, port: int) -> Any:
        self.asked.append(port)
        self.pods.append(found)
        if self.server is None:
            raise ConnectionRefused
        return self.server


class Channel(Keys):
    """The client's end of a connection."""

    def __init__(self, *chunks: bytes) -> None:
        super().__init__(*chunks)
        self.got, self.ended = b"", False

    async def write(self, data: bytes) -> None:
        self.got += data

    async def end(self) -> None:
        self.ended = True


def forward(
    region: Region | None,
    kubelet: FakeKubelet | None = None,
    store: Store | None = None,
    **status: Any,
) -> Forward:
    made = pod("box")
    made["metadata"]["uid"] = "u"
    made["status"] |= status
    if store is None:
        store = store_of(made)
    else:
        store.create(made)
    scope = {"type": "http", "path": "/", "query_string": b"", "headers": [],
             "path_params": {"namespace": "default", "name": "box"}}  # fmt: skip
    network = cast(ClusterRegion, region) if region is not None else None
    asked = cast(KubeletApi, kubelet or FakeKubelet())
    return forwarder(HTTPConnection(scope), store, network, asked)


async def test_a_connection_is_to_the_pod_as_it_is_by_then() -> None:
    store, region = store_of(), Region(Server(b"x"))
    connect = forward(region, store=store)
    for change in ("edited", "deleted"):
        if change == "edited":
            draft = store.draft("Pod", "box", "default")
            draft["status"]["podIP"] = "10.42.0.77"
            store.update(draft)
        else:
            store.remove("Pod", "box", "default")
        region.server = Server(b"x")
        region.server.ended.set()
        await asyncio.wait_for(connect(80, Channel(), Channel()), 5)
    # What is gone was asked for as it was: its own address refuses.
    assert [one["status"]["podIP"] for one in region.pods] == ["10.42.0.77", "10.42.0.9"]


async def test_bytes_go_both_ways() -> None:
    server = Server(b"hel", b"lo")
    region = Region(server)
    data, error = Channel(b"ab", b"cd"), Channel()
    await asyncio.wait_for(forward(region)(80, data, error), 5)
    assert (server.heard, data.got, error.got) == (b"abcd", b"hello", b"")
    assert (region.asked, server.closed, data.ended, error.ended) == ([80], True, True, True)


@pytest.mark.parametrize("region", [Region(None), None])
async def test_a_port_on_which_nothing_listens(region: Region | None) -> None:
    data, error = Channel(b"x"), Channel()
    await forward(region)(81, data, error)
    assert (data.got, data.ended, error.ended) == (b"", True, True)
    assert error.got.decode() == (
        "error forwarding port 81 to pod u, uid : failed to execute portforward in network "
        'namespace "/var/run/netns/cni-u": failed to connect to localhost:81 inside namespace "u", '
        "IPv4: dial tcp4 127.0.0.1:81: connect: connection refused "
        "IPv6 dial tcp6 [::1]:81: connect: connection refused"
    )


@pytest.mark.parametrize(
    ("status", "shown"), [({"phase": "Pending"}, "Pending"), ({"phase": "Succeeded"}, "Succeeded")]
)
def test_a_pod_that_does_not_run(status: dict[str, Any], shown: str) -> None:
    with pytest.raises(BadRequest) as refused:
        forward(Region(None), **status)
    assert refused.value.message == (
        f"unable to forward port because pod is not running: status={shown}"
    )


def test_a_node_that_does_not_answer() -> None:
    kubelet = FakeKubelet()
    kubelet.lost = "127.9.0.3"
    with pytest.raises(KubeletUnreached, match="error dialing backend"):
        forward(Region(None), kubelet)


class Socket:
    """A client's WebSocket: what it sends, and what it has got by channel."""

    def __init__(self, query: str, *sends: bytes, offers: tuple[str, ...] = ()) -> None:
        self.query_params = QueryParams(query)
        self.scope = {"subprotocols": list(offers)}
        self.sends: asyncio.Queue[bytes | None] = asyncio.Queue()
        for one in sends:
            self.sends.put_nowait(one)
        self.accepted: str | None = "not yet"
        self.channels: dict[int, bytes] = {}
        self.closed = False

    async def accept(self, subprotocol: str | None) -> None:
        self.accepted = subprotocol

    async def receive(self) -> dict[str, Any]:
        one = await self.sends.get()
        if one is None:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "bytes": one}

    async def send_bytes(self, data: bytes) -> None:
        self.channels[data[0]] = self.channels.get(data[0], b"") + data[1:]

    async def close(self) -> None:
        self.closed = True


async def echo(port: int, data: Any, error: Any) -> None:
    """Gives one piece back; port 81 refuses."""
    if port == 81:
        await error.write(b"refused")
        return
    await data.write(b"<" + (await data.read_chunk() or b"") + b">")


async def test_each_port_has_two_channels() -> None:
    socket = Socket("ports=80&ports=81,82", b"\4two", b"\0one", b"\1no", b"\x09no", b"\0",
                    offers=("x", "v4.channel.k8s.io"))  # fmt: skip
    await asyncio.wait_for(forward_over_websocket(cast(WebSocket, socket), echo), 5)
    assert (socket.accepted, socket.closed) == ("v4.channel.k8s.io", True)
    numbers = [struct.pack("<H", port) for port in (80, 80, 81, 81, 82, 82)]
    assert socket.channels == {
        0: numbers[0] + b"<one>",
        1: numbers[1],
        2: numbers[2],
        3: numbers[3] + b"refused",
        4: numbers[4] + b"<two>",
        5: numbers[5],
    }


async def test_a_client_that_goes_ends_its_connections() -> None:
    ended = asyncio.Event()

    async def endless(port: int, data: Any, error: Any) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    socket = Socket("ports=80")
    socket.sends.put_nowait(None)
    await asyncio.wait_for(forward_over_websocket(cast(WebSocket, socket), endless), 5)
    await asyncio.wait_for(ended.wait(), 5)
    assert socket.accepted is None and not socket.closed


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", 'query parameter "port" is required'),
        ("ports=x", 'unable to parse "x" as a port'),
        ("ports=0", 'unable to parse "0" as a port'),
        ("ports=65536", 'unable to parse "65536" as a port'),
        ("ports=-1", 'unable to parse "-1" as a port'),
        ("ports=٣", 'unable to parse "٣" as a port'),
        ("ports=80,", 'unable to parse "" as a port'),
        (f"ports={'1,' * 127}1", "too many ports for one connection"),
        ("ports=1,65535", ""),
        (f"ports={'1,' * 126}1", ""),
    ],
)
def test_ports_of_a_query(query: str, said: str) -> None:
    socket = cast(WebSocket, Socket(query))
    if not said:
        check_ports(socket)
        return
    with pytest.raises(BadRequest) as refused:
        check_ports(socket)
    assert refused.value.message == said
