"""Commands and connections to ports over SPDY: which streams belong together, and when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.streams import exec_spdy, spdy
from owlab.pocket.kube.streams.exec import ExecRequest
from owlab.pocket.kube.streams.port_forward_spdy import forward_over_spdy

from .test_spdy_sessions import Client, until


def said(client: Client, stream: int) -> bytes:
    """All that was sent on a stream; ``END`` behind its end."""
    return b"".join(
        data for kind, at, data in client.frames() if kind == spdy.DATA and at == stream
    )


# -- ports ----------------------------------------------------------------------------------


class Ports:
    """Connections that give one piece back in capitals; port 81 refuses."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.ended: list[int] = []

    async def forward(self, port: int, data: Any, error: Any) -> None:
        self.asked.append(port)
        try:
            if port == 81:
                await error.write(b"refused")
            else:
                await data.write((await data.read_chunk() or b"nothing").upper())
            await data.end()
            await error.end()
        finally:
            self.ended.append(port)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
async def ports(client: Client) -> AsyncIterator[Ports]:
    made = Ports()
    serving = asyncio.ensure_future(forward_over_spdy(client, made.forward))
    yield made
    client.go()
    await asyncio.wait_for(serving, 5)
    await until(lambda: len(made.ended) == len(made.asked))


def pair(client: Client, first: int, request: str, port: str, **more: str) -> bytes:
    names = {"requestid": request, "port": port, **more}
    return client.open(first, 0, streamtype="error", **names) + client.open(
        first + 2, 0, streamtype="data", **names
    )


async def test_a_connection_is_a_pair_of_streams(client: Client, ports: Ports) -> None:
    client.send(client.open(1, streamtype="error", requestid="0", port="80"))
    client.send(client.open(3, streamtype="error", requestid="1", port="82"))
    client.send(client.open(5, streamtype="data", requestid="1", port="82"))
    client.send(spdy.data(5, b"two"))
    await until(lambda: ports.ended == [82])
    client.send(client.open(7, streamtype="data", requestid="0", port="80"))
    client.send(spdy.data(7, b"one"))
    await until(lambda: ports.ended == [82, 80])
    assert [said(client, number) for number in (1, 3, 5, 7)] == [
        b"END", b"END", b"TWOEND", b"ONEEND",
    ]  # fmt: skip


async def test_a_number_may_be_used_again(client: Client, ports: Ports) -> None:
    client.send(pair(client, 1, "0", "80") + spdy.data(3, b"a"))
    await until(lambda: ports.ended == [80])
    client.send(pair(client, 5, "0", "83") + spdy.data(7, b"b"))
    await until(lambda: ports.ended == [80, 83])
    assert (said(client, 3), said(client, 7)) == (b"AEND", b"BEND")


async def test_a_refusal_comes_by_the_stream_of_errors(client: Client, ports: Ports) -> None:
    client.send(pair(client, 1, "0", "81"))
    await until(lambda: ports.ended == [81])
    assert (said(client, 1), said(client, 3)) == (b"refusedEND", b"END")


@pytest.mark.parametrize(
    ("port", "number"),
    [("1", 1), ("65535", 65535), ("100000", 0), ("x", 0), ("-1", 0), ("", 0)],
)
async def test_ports_of_streams(client: Client, ports: Ports, port: str, number: int) -> None:
    client.send(pair(client, 1, "0", port) + spdy.data(3, b"", last=True))
    await until(lambda: ports.ended)
    assert ports.asked == [number]


async def test_other_streams_are_no_connection(client: Client, ports: Ports) -> None:
    client.send(client.open(1, streamtype="resize", requestid="0", port="80"))
    client.send(client.open(3, requestid="0", port="80"))
    client.send(client.open(5, streamtype="data", requestid="0", port="80"))
    for number in (1, 3):
        for _ in range(200):
            client.send(spdy.data(number, b"x"))
    client.send(client.control(spdy.PING, 9))
    await until(lambda: (spdy.PING, 9, b"") in client.frames())
    assert ports.asked == []


# -- commands -------------------------------------------------------------------------------

OK = {"metadata": {}, "status": "Success"}


def exec_request(*names: str, tty: bool = False, **outcome: Any) -> tuple[ExecRequest, list[Any]]:
    """A command that says a little on both streams, and repeats what it is told."""
    heard: list[Any] = []

    async def run(streams: Streams) -> int:
        await streams.out(b"out")
        await streams.err(b"err")
        if streams.stdin is not None:
            heard.append(await streams.stdin.read_chunk())
        heard.append(streams.tty)
        if "error" in outcome:
            raise outcome["error"]
        return int(outcome.get("code", 0))

    return ExecRequest(names, tty, run), heard


async def run(client: Client, command: ExecRequest, *streams: str) -> dict[str, bytes]:
    """What came by each of the streams that a client opens."""
    serving = asyncio.ensure_future(exec_spdy.exec_over_spdy(client, command))
    numbers = {name: 2 * index + 1 for index, name in enumerate(streams)}
    for name, number in numbers.items():
        client.send(client.open(number, streamtype=name))
        if name == "stdin":
            client.send(spdy.data(number, b"in"))
    await until(lambda: any(kind == spdy.GOAWAY for kind, _, _ in client.frames()))
    client.go()
    await asyncio.wait_for(serving, 5)
    return {name: said(client, number) for name, number in numbers.items()}


async def test_a_command_and_its_streams(client: Client) -> None:
    command, heard = exec_request("stdin", "stdout", "stderr")
    found = await run(client, command, "error", "stdin", "stdout", "stderr")
    assert found == {
        "error": json.dumps(OK).encode() + b"END",
        "stdin": b"END",
        "stdout": b"outEND",
        "stderr": b"errEND",
    }
    assert heard == [b"in", False]


async def test_a_terminal_has_one_output(client: Client) -> None:
    command, heard = exec_request("stdout", tty=True)
    found = await run(client, command, "resize", "stdout", "error")
    assert (found["stdout"], found["resize"], heard) == (b"outerrEND", b"", [True])


async def test_streams_that_nobody_asked_for(client: Client) -> None:
    command, heard = exec_request("stderr")
    found = await run(client, command, "error", "stderr")
    assert (found["stderr"], heard) == (b"errEND", [False])
    command, _ = exec_request("stdout")
    assert (await run(Client(), command, "stdout", "error"))["stdout"] == b"outEND"


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ({"code": 3}, "command terminated with non-zero exit code: exit status 3"),
        ({"error": NotFound("no such container")}, "no such container"),
    ],
)
async def test_how_it_went(client: Client, outcome: dict[str, Any], message: str) -> None:
    command, _ = exec_request("stdout", **outcome)
    told = json.loads((await run(client, command, "stdout", "error"))["error"].removesuffix(b"END"))
    assert (told["status"], told["message"]) == ("Failure", message)


async def test_streams_that_do_not_come(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is ended, and nothing has run."""
    monkeypatch.setattr(exec_spdy, "_CREATION", 0.05)
    command, heard = exec_request("stdin", "stdout")
    assert (await run(client, command, "error", "stdout"))["error"] == b""
    assert heard == []
