"""SPDY as kubectl speaks it: frames, streams, and how a connection ends."""

from __future__ import annotations

import asyncio
import struct
import zlib
from typing import Any

import pytest

from owlab.pocket.kube.streams import spdy, spdy_session
from owlab.pocket.kube.streams.spdy_session import SpdySession, Stream, serve


class Client:
    """The other side: what it sends, and what it has got."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=spdy.DICTIONARY)
        self._sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.got = bytearray()

    def send(self, data: bytes) -> None:
        self._sent.put_nowait(data)

    def go(self) -> None:
        self._sent.put_nowait(b"")

    def control(self, kind: int, stream: int, rest: bytes = b"", flags: int = 0) -> bytes:
        payload = struct.pack(">I", stream) + rest
        return struct.pack(">HHI", 0x8003, kind, flags << 24 | len(payload)) + payload

    def open(self, stream: int, flags: int = 0, **headers: str) -> bytes:
        plain = struct.pack(">I", len(headers))
        for text in (word for pair in headers.items() for word in pair):
            plain += struct.pack(">I", len(text)) + text.encode()
        block = self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return self.control(spdy.SYN_STREAM, stream, struct.pack(">IH", 0, 0) + block, flags)

    # What the session calls.

    async def read(self) -> bytes:
        return await self._sent.get()

    async def write(self, data: bytes) -> None:
        self.got += data

    def frames(self) -> list[tuple[int, int, bytes]]:
        """Kind, stream and data of what it got; for the end of a stream ``END``."""
        found: list[tuple[int, int, bytes]] = []
        for frame in spdy.Framing().read(bytes(self.got)):
            data = frame.data if frame.kind == spdy.DATA else b""
            found.append((frame.kind, frame.stream, data + (b"END" if frame.ends else b"")))
        return found


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def opened() -> list[Stream]:
    return []


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_streams_are_opened_read_and_written(client: Client, opened: list[Stream]) -> None:
    session = SpdySession(client, opened.append)
    reading = asyncio.ensure_future(session.run())
    client.send(client.open(1, StreamType="stdin", port="80"))
    client.send(client.open(3, streamtype="error") + spdy.data(1, b"ab") + spdy.data(1, b"cd"))
    client.send(spdy.data(1, b"", last=True) + spdy.data(3, b"x", last=True))
    client.send(spdy.data(9, b"nobody's") + spdy.data(3, b"late"))
    client.send(client.control(spdy.PING, 7))
    await until(lambda: (spdy.PING, 7, b"") in client.frames())
    first, second = opened
    assert (first.number, first.headers) == (1, {"streamtype": "stdin", "port": "80"})
    assert second.headers == {"streamtype": "error"}
    assert [await first.read_chunk() for _ in range(3)] == [b"ab", b"cd", None]
    assert [await second.read_chunk() for _ in range(2)] == [b"x", None]
    await first.write(b"hi")
    await first.end()
    assert client.frames() == [
        (spdy.SYN_REPLY, 1, b""),
        (spdy.SYN_REPLY, 3, b""),
        (spdy.PING, 7, b""),
        (spdy.DATA, 1, b"hi"),
        (spdy.DATA, 1, b"END"),
    ]
    client.go()
    await asyncio.wait_for(reading, 5)


async def test_much_is_written_in_pieces(client: Client, opened: list[Stream]) -> None:
    session = SpdySession(client, opened.append)
    reading = asyncio.ensure_future(session.run())
    client.send(client.open(1))
    await until(lambda: opened)
    text = bytes(range(256)) * 600
    await opened[0].write(text)
    pieces = [data for kind, _, data in client.frames() if kind == spdy.DATA]
    assert b"".join(pieces) == text
    assert [len(piece) for piece in pieces] == [65536, 65536, 600 * 256 - 2 * 65536]
    client.go()
    await asyncio.wait_for(reading, 5)


@pytest.mark.parametrize("how", ["gone", "reset", "closed", "nonsense", "version"])
async def test_how_a_stream_ends(client: Client, opened: list[Stream], how: str) -> None:
    session = SpdySession(client, opened.append)
    reading = asyncio.ensure_future(session.run())
    client.send(client.open(1, spdy.FIN if how == "closed" else 0))
    await until(lambda: opened)
    if how == "reset":
        client.send(client.control(spdy.RST_STREAM, 1, b"\0\0\0\5"))
    elif how == "nonsense":
        client.send(client.control(spdy.SYN_STREAM, 3, bytes(6) + b"\xff" * 20))
    elif how == "version":
        client.send(struct.pack(">HHI", 0x8002, 1, 0))
    elif how == "gone":
        client.go()
    assert await asyncio.wait_for(opened[0].read_chunk(), 5) is None
    assert reading.done() is (how not in ("reset", "closed"))
    client.go()
    await asyncio.wait_for(reading, 5)
    assert len(opened) == 1


async def test_who_does_not_read_holds_the_client_up_and_who_listens_no_more_does_not(
    client: Client, opened: list[Stream]
) -> None:
    session = SpdySession(client, opened.append)
    reading = asyncio.ensure_future(session.run())
    client.send(client.open(1))
    for _ in range(spdy_session._WAITING + 10):
        client.send(spdy.data(1, b"x"))
    client.send(client.control(spdy.PING, 5))
    await until(lambda: opened and opened[0]._chunks.full())
    for _ in range(20):
        await asyncio.sleep(0)
    assert (spdy.PING, 5, b"") not in client.frames()
    session.stop_listening()
    await until(lambda: (spdy.PING, 5, b"") in client.frames())
    client.go()
    await asyncio.wait_for(reading, 5)
    assert await asyncio.wait_for(opened[0].read_chunk(), 5) is None


def never() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


async def test_a_client_that_goes_ends_the_work(client: Client, opened: list[Stream]) -> None:
    work = never()
    serving = asyncio.ensure_future(serve(client, SpdySession(client, opened.append), work))
    client.send(client.open(1))
    await until(lambda: opened)
    assert not work.done()
    client.go()
    await asyncio.wait_for(serving, 5)
    assert work.cancelled()
    assert not any(kind == spdy.GOAWAY for kind, _, _ in client.frames())


async def test_work_that_is_done_says_goodbye_and_waits_for_the_client(
    client: Client, opened: list[Stream]
) -> None:
    work = never()
    serving = asyncio.ensure_future(serve(client, SpdySession(client, opened.append), work))
    client.send(client.open(1))
    await until(lambda: opened)
    work.set_result(None)
    await until(lambda: (spdy.GOAWAY, 0, b"") in client.frames())
    assert not serving.done()
    for _ in range(200):
        client.send(spdy.data(1, b"more"))  # what nobody reads any more is no hindrance
    client.go()
    await asyncio.wait_for(serving, 5)


async def test_a_client_that_stays_is_waited_for_a_while(
    client: Client, opened: list[Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spdy_session, "_PATIENCE", 0.05)
    work = never()
    work.set_result(None)
    before = asyncio.all_tasks()
    await asyncio.wait_for(serve(client, SpdySession(client, opened.append), work), 5)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_work_that_fails_is_told(client: Client, opened: list[Stream]) -> None:
    work = never()
    work.set_exception(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await serve(client, SpdySession(client, opened.append), work)


def test_frames_come_in_any_pieces(client: Client) -> None:
    whole = client.open(1, a="b") + spdy.data(1, b"xyz", last=True) + client.open(3, c="d")
    for size in (1, 7, 8, 9, len(whole)):
        framing = spdy.Framing()
        found = [
            frame
            for at in range(0, len(whole), size)
            for frame in framing.read(whole[at : at + size])
        ]
        assert [(f.kind, f.stream, f.ends, f.headers) for f in found] == [
            (spdy.SYN_STREAM, 1, False, {"a": "b"}),
            (spdy.DATA, 1, True, {}),
            (spdy.SYN_STREAM, 3, False, {"c": "d"}),
        ]


def test_headers_that_are_too_long(client: Client) -> None:
    with pytest.raises(ValueError, match="too long"):
        list(spdy.Framing().read(client.open(1, a="b" * (1 << 17))))
    assert next(iter(spdy.Framing().read(Client().open(1, a="b" * 60000)))).headers["a"][-1] == "b"
