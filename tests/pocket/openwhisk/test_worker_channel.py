"""What an action's process prints and answers, without a process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from owlab.pocket.openwhisk import process
from owlab.pocket.openwhisk.process import SENTINEL, Channel, Logs, ProcessEnded, Pump
from owlab.pocket.openwhisk.refusals import log_limit

STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")


def texts(lines: list[str]) -> list[str]:
    assert all(STAMP.match(line) for line in lines)
    return [STAMP.sub("", line) for line in lines]


def fed(limit: int, *lines: bytes) -> Logs:
    logs = Logs()
    logs.start(limit)
    for line in lines:
        logs.add(line)
    return logs


# -- what is printed -----------------------------------------------------------------------


async def test_both_streams_have_to_end() -> None:
    logs = fed(1000, b"one", SENTINEL, b"two")
    assert not logs.complete
    logs.add(b"three" + SENTINEL)
    assert logs.complete
    assert texts(await logs.collect()) == ["stdout: one", "stdout: two", "stdout: three"]
    logs.start(1000)
    assert not logs.complete
    logs.add(b"\xff")
    logs.end()
    assert texts(await logs.collect()) == ["stdout: \ufffd"]


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(9, 3), (8, 2), (6, 2), (5, 1), (3, 1), (2, 0)],
)
async def test_no_more_than_the_limit_is_kept(limit: int, kept: int) -> None:
    """A line counts with its end."""
    logs = fed(limit, b"ab", b"cd", b"ef", SENTINEL, SENTINEL)
    wanted = ["stdout: ab", "stdout: cd", "stdout: ef"][:kept]
    wanted += [] if kept == 3 else [f"stderr: {log_limit(limit)}"]
    assert texts(await logs.collect()) == wanted
    told = tuple(("T", text) for text in ("ab", "cd", "ef"))
    assert Logs.limited(told, limit) == [f"T {line}" for line in wanted]


def test_bytes_are_counted_not_letters() -> None:
    assert Logs.limited((("T", "ää"),), 5) == ["T stdout: ää"]
    assert Logs.limited((("T", "ää"),), 4) == [f"T stderr: {log_limit(4)}"]
    assert Logs.limited((), 0) == []


async def test_an_end_that_does_not_come_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def late(waiting: Any, seconds: float) -> None:
        waiting.close()
        assert seconds == 2
        raise TimeoutError

    monkeypatch.setattr(asyncio, "wait_for", late)
    assert texts(await fed(100, b"a", SENTINEL).collect()) == ["stdout: a"]


class Pipe:
    """A pump on a pipe; what is read without end is an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read, self.end = os.pipe()
        self.logs = fed(10**6)
        self.reads = 0
        really = os.read

        def counted(descriptor: int, most: int) -> bytes:
            self.reads += 1
            assert self.reads < 1000, "it reads on and on"
            return really(descriptor, most)

        monkeypatch.setattr(os, "read", counted)
        self.pump = Pump(read, self.logs)

    def write(self, data: bytes) -> None:
        os.write(self.end, data)

    @property
    def lines(self) -> list[str]:
        return [line.partition("stdout: ")[2] for line in self.logs._lines]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.lines) < count:
                await asyncio.sleep(0)


@pytest.fixture
async def pipe(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pipe]:
    made = Pipe(monkeypatch)
    yield made
    if made.pump._descriptor >= 0:
        made.pump.close()


async def test_what_is_printed_is_taken_when_it_is_unless_nobody_looks(pipe: Pipe) -> None:
    pipe.write(b"one\ntw")
    await pipe.until(1)
    assert pipe.lines == ["one"]
    pipe.pump.hold()
    pipe.pump.hold()
    pipe.write(b"o\nthree\n")
    for _ in range(10):
        await asyncio.sleep(0)
    assert pipe.lines == ["one"]
    pipe.pump.drain()
    assert pipe.lines == ["one", "two", "three"]
    pipe.write(b"four\n")
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(pipe.lines) == 3
    pipe.pump.watch()
    pipe.pump.watch()
    await pipe.until(4)


async def test_it_is_drained_to_the_end_of_the_call_and_no_further(pipe: Pipe) -> None:
    pipe.pump.hold()
    pipe.write(b"a\n" + SENTINEL + b"\n" + SENTINEL + b"\n")
    pipe.pump.drain()
    assert pipe.logs.complete and pipe.lines == ["a"]
    pipe.write(b"later\n")
    before = pipe.reads
    pipe.pump.drain()
    assert pipe.reads == before and pipe.lines == ["a"]


async def test_the_end_of_a_process_is_the_end_of_its_lines(pipe: Pipe) -> None:
    pipe.pump.hold()
    pipe.write(b"a\nb")
    os.close(pipe.end)
    pipe.pump.drain()
    assert pipe.lines == ["a"]
    pipe.pump.close()
    assert pipe.lines == ["a", "b"] and pipe.logs.complete
    with pytest.raises(OSError, match="descriptor"):
        os.read(pipe.pump._descriptor, 1)
    pipe.pump.watch()  # there is nothing to look at any more


async def test_others_may_hold_the_other_end(pipe: Pipe) -> None:
    pipe.pump.hold()
    pipe.write(b"a\nb")
    pipe.pump.close()
    assert pipe.lines == ["a", "b"]
    os.close(pipe.end)


async def test_a_line_without_end_is_taken_in_parts(pipe: Pipe) -> None:
    pipe.pump.hold()
    written = 0
    while written < 3 * process.LINE:
        pipe.write(b"x" * 4096)
        written += 4096
        pipe.pump.drain()
    assert pipe.lines and all(len(line) > process.LINE for line in pipe.lines)
    pipe.write(b"\n")
    pipe.pump.drain()
    assert sum(map(len, pipe.lines)) == written
    os.close(pipe.end)


# -- what is answered ----------------------------------------------------------------------


class Other:
    """The process's end of the channel."""

    def __init__(self, end: socket.socket, channel: Channel) -> None:
        self._end, self.channel = end, channel

    def asks(self, **request: Any) -> asyncio.Task[Any]:
        return asyncio.ensure_future(self.channel.ask(request))

    async def heard(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        length = int.from_bytes(await loop.sock_recv(self._end, 4), "big")
        found: dict[str, Any] = json.loads(await loop.sock_recv(self._end, length))
        return found

    def says(self, content: Any) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._end.sendall(len(data).to_bytes(4, "big") + data)

    def raw(self, data: bytes) -> None:
        self._end.sendall(data)

    def close(self) -> None:
        self._end.close()


@pytest.fixture
async def other() -> AsyncIterator[Other]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    channel = Channel()
    await asyncio.get_running_loop().create_connection(lambda: channel, sock=ours)
    yield Other(theirs, channel)
    channel.close()
    theirs.close()


async def test_replies_find_who_asked(other: Other) -> None:
    first, second = other.asks(a=1), other.asks(a=2)
    one, two = await other.heard(), await other.heard()
    assert (one["a"], two["a"]) == (1, 2) and one["id"] != two["id"]
    other.says({"id": two["id"], "ok": True, "body": "two"})
    assert (await asyncio.wait_for(second, 5))["body"] == "two"
    assert not first.done()
    other.says({"id": 99, "ok": True})
    other.says({"id": "x", "ok": True})
    other.says({"id": one["id"], "ok": False})
    assert (await asyncio.wait_for(first, 5))["ok"] is False


async def test_a_reply_without_a_number_is_the_only_ones(other: Other) -> None:
    first = other.asks()
    await other.heard()
    other.says({"ok": True, "body": 5})
    assert (await asyncio.wait_for(first, 5))["body"] == 5
    other.says({"ok": True, "body": "nobody asked"})
    await asyncio.sleep(0.02)
    again = other.asks()
    assert (await other.heard())["id"] > 1
    other.says({"ok": True, "body": 6})
    assert (await asyncio.wait_for(again, 5))["body"] == 6


async def test_replies_come_in_any_pieces(other: Other) -> None:
    first = other.asks()
    await other.heard()
    data = json.dumps({"ok": True, "body": "x" * 50}).encode()
    for byte in len(data).to_bytes(4, "big") + data:
        assert not first.done()
        other.raw(bytes([byte]))
        await asyncio.sleep(0)
    assert (await asyncio.wait_for(first, 5))["body"] == "x" * 50


@pytest.mark.parametrize(
    "said", [b"{", b"[]", b"{}", b"7", b"[" * 100_000, {"id": 1}, b"\xff\xff"],
    ids=["cut", "list", "empty", "number", "deep", "not-ok", "no-text"],
)  # fmt: skip
async def test_what_is_no_reply_ends_it(other: Other, said: Any) -> None:
    first, second = other.asks(), other.asks()
    await other.heard()
    await other.heard()
    other.says(said)
    for waiting in (first, second):
        with pytest.raises(ProcessEnded):
            await asyncio.wait_for(waiting, 5)


async def test_a_reply_that_would_be_too_long_is_not_waited_for(other: Other) -> None:
    first = other.asks()
    await other.heard()
    other.raw((2**26 + 1).to_bytes(4, "big"))
    with pytest.raises(ProcessEnded):
        await asyncio.wait_for(first, 5)
    with pytest.raises(ProcessEnded):
        await asyncio.wait_for(other.channel.ask({}), 5)


async def test_the_other_end_goes(other: Other) -> None:
    first = other.asks()
    await other.heard()
    other.close()
    with pytest.raises(ProcessEnded):
        await asyncio.wait_for(first, 5)
    with pytest.raises(ProcessEnded):
        await asyncio.wait_for(other.channel.ask({}), 5)


async def test_without_a_connection_nothing_is_asked() -> None:
    channel = Channel()
    with pytest.raises(ProcessEnded):
        await channel.ask({})
    channel.close()


async def test_who_gives_up_gets_no_reply_of_anothers(other: Other) -> None:
    first = other.asks()
    one = await other.heard()
    first.cancel()
    second = other.asks()
    two = await other.heard()
    other.says({"id": one["id"], "ok": True, "body": "late"})
    other.says({"id": two["id"], "ok": True, "body": "right"})
    assert (await asyncio.wait_for(second, 5))["body"] == "right"


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ([["T", "a"], ["U", "b"]], (("T", "a"), ("U", "b"))),
        ([["T"], "x", ["T", 5], ["T", "a", "b"], None], (("T", "5"),)),
        ("x", ()),
        (None, ()),
        ({}, ()),
    ],
)
def test_lines_that_a_reply_carries(told: Any, lines: tuple[Any, ...]) -> None:
    assert process._lines(told) == lines
