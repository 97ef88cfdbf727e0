"""What carries a command's streams: a pseudo-terminal, and the channels of a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.containers.terminal import Interrupted, Terminal
from owlab.pocket.kube.errors import ApiError, KubeletUnreached
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.streams.exec import ExecRequest, command
from owlab.pocket.kube.streams.exec_websocket import exec_over_websocket

from .plain_store import pod, store_of


class Keys:
    """Chunks that are typed, and then the end."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = list(chunks)

    async def read_chunk(self) -> bytes | None:
        return self.chunks.pop(0) if self.chunks else None


class Screen:
    def __init__(self) -> None:
        self.text = b""

    async def show(self, data: bytes) -> None:
        self.text += data


async def typed(*chunks: bytes) -> tuple[list[Any], bytes]:
    """The lines that a program reads, ``^C`` for an interruption; and what the screen shows."""
    screen = Screen()
    terminal = Terminal(Keys(*chunks), screen.show)
    found: list[Any] = []
    while len(found) < 20:
        try:
            line = await asyncio.wait_for(terminal.line(), 5)
        except Interrupted:
            line = "^C"
        found.append(line)
        if line is None and terminal._closed and terminal._lines.empty():
            break
    terminal.close()
    return found, screen.text


@pytest.mark.parametrize(
    ("chunks", "lines", "shown"),
    [
        ([b"ls\r"], ["ls\n", None], b"ls\r\n"),
        ([b"l", b"s\n"], ["ls\n", None], b"ls\r\n"),
        ([b"a\rb\r"], ["a\n", "b\n", None], b"a\r\nb\r\n"),
        ([b"lx\x7fs\r"], ["ls\n", None], b"lx\b \bs\r\n"),
        ([b"\x7f\x7fa\r"], ["a\n", None], b"a\r\n"),
        ([b"abc\x15d\r"], ["d\n", None], b"abc\b \b\b \b\b \bd\r\n"),
        ([b"abc\x03d\r"], ["^C", "d\n", None], b"abc^C\r\nd\r\n"),
        ([b"\x04"], [None, None], b""),
        ([b"ab\x04c\r"], ["ab", "c\n", None], b"abc\r\n"),
        ([b"a\x1b[Ab\x1b[1;5Cc\x1bOPd\r"], ["abcd\n", None], b"abcd\r\n"),
        ([b"a\x1b", b"[", b"Ab\r"], ["ab\n", None], b"ab\r\n"),
        (["ä".encode()[:1], "ä".encode()[1:] + b"\r"], ["ä\n", None], "ä\r\n".encode()),
        ([b"a\tb\x01\r"], ["a\tb\n", None], b"a\tb\r\n"),
    ],
)
async def test_lines_out_of_keys(chunks: list[bytes], lines: list[Any], shown: bytes) -> None:
    assert await typed(*chunks) == (lines, shown)


async def test_what_is_shown_begins_at_the_left() -> None:
    screen = Screen()
    terminal = Terminal(None, screen.show)
    await terminal.write(b"a\nb\r\nc")
    assert screen.text == b"a\r\nb\r\nc"
    assert await terminal.line() is None and await terminal.read_chunk() is None
    terminal.close()


async def test_ctrl_c_belongs_to_what_runs() -> None:
    class Slow(Keys):
        async def read_chunk(self) -> bytes | None:
            await asyncio.sleep(0.01)
            return await super().read_chunk()

    screen, pressed = Screen(), asyncio.Event()
    terminal = Terminal(Slow(b"\x03", b"x\r"), screen.show)
    with terminal.interrupts(pressed.set):
        await asyncio.wait_for(pressed.wait(), 5)
    assert await terminal.read_chunk() == b"x\n"
    terminal.close()
    other = Terminal(Keys(b"\x03"), screen.show)
    assert await other.read_chunk() is None
    other.close()


# -- over a WebSocket ----------------------------------------------------------------------


class Socket:
    """The client's end: what it sends one after the other, and what it has got."""

    def __init__(self, *sends: Any, offers: tuple[str, ...] = ("v5.channel.k8s.io",)) -> None:
        self.scope = {"subprotocols": list(offers)}
        self.sends: asyncio.Queue[Any] = asyncio.Queue()
        for one in sends:
            self.sends.put_nowait(one)
        self.accepted: str | None = "not yet"
        self.got: list[Any] = []
        self.closed = False

    async def accept(self, subprotocol: str | None) -> None:
        self.accepted = subprotocol

    async def receive(self) -> dict[str, Any]:
        one = await self.sends.get()
        if one is None:
            return {"type": "websocket.disconnect", "code": 1000}
        return {"type": "websocket.receive", "bytes" if isinstance(one, bytes) else "text": one}

    async def send_bytes(self, data: bytes) -> None:
        self.got.append(data)

    async def send_text(self, text: str) -> None:
        self.got.append(text)

    async def close(self) -> None:
        self.closed = True


async def carried(
    socket: Socket, run: Callable[[Streams], Any], names: str = "stdin stdout stderr",
    tty: bool = False,
) -> None:  # fmt: skip
    request = ExecRequest(tuple(names.split()), tty, run)
    await asyncio.wait_for(exec_over_websocket(cast(WebSocket, socket), request), 10)


async def echo(streams: Streams) -> int:
    """`cat`, and how much it was."""
    assert streams.stdin is not None
    size = 0
    while (chunk := await streams.stdin.read_chunk()) is not None:
        await streams.out(chunk)
        size += len(chunk)
    await streams.err(b"%d" % size)
    return 3


FAILED = {
    "metadata": {},
    "status": "Failure",
    "reason": "NonZeroExitCode",
    "message": "command terminated with non-zero exit code: exit status 3",
    "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
}


async def test_channels_have_numbers() -> None:
    socket = Socket(b"\0ab", b"\4{}", b"\0", b"\0cd", b"\xff\0")
    await carried(socket, echo)
    assert socket.accepted == "v5.channel.k8s.io" and socket.closed
    *streams, last = socket.got
    assert streams == [b"\1ab", b"\1cd", b"\2" + b"4"]
    assert last[:1] == b"\3" and json.loads(last[1:]) == FAILED


async def test_a_success_is_told() -> None:
    async def run(streams: Streams) -> int:
        assert streams.stdin is None and not streams.tty
        return 0

    socket = Socket()
    await carried(socket, run, "stdout")
    assert json.loads(socket.got[-1][1:]) == {"metadata": {}, "status": "Success"}


async def test_a_terminal_has_one_stream_out() -> None:
    async def run(streams: Streams) -> int:
        assert streams.tty
        await streams.err(b"x")
        return 0

    socket = Socket()
    await carried(socket, run, "stdin stdout", tty=True)
    assert socket.got[0] == b"\1x"


@pytest.mark.parametrize(
    ("offers", "accepted", "text", "status"),
    [
        (("v4.base64.channel.k8s.io",), "v4.base64.channel.k8s.io", True, True),
        (("base64.channel.k8s.io",), "base64.channel.k8s.io", True, False),
        (("channel.k8s.io",), "channel.k8s.io", False, False),
        (("x", "v4.channel.k8s.io", "v5.channel.k8s.io"), "v5.channel.k8s.io", False, True),
        ((), None, False, True),
        (("nonsense",), None, False, True),
    ],
)
async def test_protocols(
    offers: tuple[str, ...], accepted: str | None, text: bool, status: bool
) -> None:
    given = [f"0{base64.b64encode(b'hi').decode()}"] if text else ["\0hi"]
    socket = Socket(*given, None, offers=offers)

    async def run(streams: Streams) -> int:
        assert streams.stdin is not None
        chunk = await streams.stdin.read_chunk()
        await streams.out(chunk or b"")
        socket.sends = asyncio.Queue()
        return 3

    await carried(socket, run)
    assert socket.accepted == accepted
    if not socket.got:
        return  # the client had gone already
    first, last = socket.got[0], socket.got[-1]
    if text:
        assert first == f"1{base64.b64encode(b'hi').decode()}"
        said = base64.b64decode(last[1:]).decode()
    else:
        assert first == b"\1hi"
        said = last[1:].decode()
    assert (said == json.dumps(FAILED)) is status
    if not status:
        assert said == FAILED["message"]


async def test_who_goes_leaves_a_command_a_moment_and_a_terminal_none() -> None:
    ended: list[str] = []

    async def short(streams: Streams) -> int:
        assert streams.stdin is not None
        while await streams.stdin.read_chunk() is not None:
            pass
        ended.append("short")
        return 0

    async def endless(streams: Streams) -> int:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")
        return 0

    socket = Socket(b"\0x", None)
    await carried(socket, short)
    assert ended == ["short"]
    socket = Socket(None)
    await carried(socket, endless, tty=True)
    assert ended == ["short", "cancelled"] and socket.got == []


# -- what is asked for ---------------------------------------------------------------------


class FakeKubelet:
    """Runs nothing, and remembers it."""

    def __init__(self) -> None:
        self.ran: list[Any] = []
        self.lost: str | None = None

    def unreached(self, found: Object) -> str | None:
        return self.lost

    async def exec(self, found: Object, container: str, argv: list[str], streams: Any) -> int:
        self.ran.append((container, argv))
        return 7

    async def attach(self, found: Object, container: str, streams: Any) -> None:
        self.ran.append((container, "attach"))


def asked(kubelet: FakeKubelet, query: str, verb: str = "exec", name: str = "box") -> ExecRequest:
    made = pod("box", containers=[{"name": "main", "image": "i"}, {"name": "side", "image": "i"}])
    made["status"]["containerStatuses"] = [
        {"name": "main", "state": {"running": {}}},
        {"name": "side", "state": {"terminated": {"exitCode": 0}}},
    ]
    path = f"/api/v1/namespaces/default/pods/{name}/{verb}"
    scope = {
        "type": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
        "path_params": {"namespace": "default", "name": name},
        "server": ("127.0.0.1", 6443),
        "scheme": "https",
    }
    return command(HTTPConnection(scope), store_of(made), cast(KubeletApi, kubelet))


@pytest.mark.parametrize(
    ("query", "names", "tty"),
    [
        ("command=a&stdout=true", ("stdout",), False),
        ("command=a&stdin=1&stdout=1&stderr=1", ("stdin", "stdout", "stderr"), False),
        ("command=a&stdin=true&stdout=true&stderr=true&tty=true", ("stdin", "stdout"), True),
        ("command=a&stdout=true&stderr=false", ("stdout",), False),
    ],
)
async def test_streams_that_are_asked_for(query: str, names: tuple[str, ...], tty: bool) -> None:
    kubelet = FakeKubelet()
    found = asked(kubelet, f"{query}&command=b&container=main")
    assert (found.names, found.tty) == (names, tty)
    status = await found.ending(cast(Streams, None))
    assert kubelet.ran == [("main", ["a", "b"])]
    assert status["details"]["causes"][0]["message"] == "7"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("command=a&container=main", "you must specify at least 1 of stdin, stdout, stderr"),
        ("stdout=true&container=main", "you must specify at least 1 command"),
        ("command=a&stdout=true&container=none", "container none is not valid for pod box"),
        ("command=a&stdout=true&container=side", 'container not found ("side")'),
    ],
)
def test_what_cannot_be_run(query: str, said: str) -> None:
    with pytest.raises(ApiError) as refused:
        asked(FakeKubelet(), query)
    assert said in refused.value.message


async def test_attaching_needs_no_command_and_no_container_that_runs() -> None:
    kubelet = FakeKubelet()
    for container in ("main", "side"):
        found = asked(kubelet, f"stdout=true&container={container}", "attach")
        assert (await found.ending(cast(Streams, None)))["status"] == "Success"
    assert kubelet.ran == [("main", "attach"), ("side", "attach")]


async def test_a_node_that_does_not_answer() -> None:
    kubelet = FakeKubelet()
    kubelet.lost = "127.9.0.3"
    found = asked(kubelet, "command=a&stdout=true&container=main")
    with pytest.raises(KubeletUnreached, match=r"https://127\.9\.0\.3:10250/exec/default/box/main"):
        await found.run(cast(Streams, None))
    assert (await found.ending(cast(Streams, None)))["status"] == "Failure"
