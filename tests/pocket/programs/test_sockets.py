"""Who listens in which network namespace, and what becomes of a connection."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from owlab.pocket.network.ends import Ends
from owlab.pocket.network.sockets import Listening, PortTaken, Sockets, conversation


def one(port: int = 80, **more: Any) -> Listening:
    return Listening(port, "test", **more)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def sockets(told: list[str]) -> Sockets:
    made = Sockets()
    made.on_change(lambda: told.append("first"))
    made.on_change(lambda: told.append("second"))
    return made


def test_who_listens_is_told_of(sockets: Sockets, told: list[str]) -> None:
    web, other = one(), one(81)
    for listening in (web, other):
        sockets.listen("pod:a", listening)
        assert told == ["first", "second"]
        told.clear()
    sockets.listen("pod:b", web)
    told.clear()
    assert list(sockets.of("pod:a")) == [web, other]
    assert sockets.at("pod:a", 80) is web and sockets.at("pod:a", 82) is None
    sockets.close("pod:a", web)
    assert told == ["first", "second"]
    assert list(sockets.of("pod:a")) == [other]
    assert sockets.at("pod:b", 80) is web
    sockets.close("pod:a", other)
    assert list(sockets.of("pod:a")) == []


@pytest.mark.parametrize(("taken", "port"), [((), 80), ((80,), 81), ((82, 83), 82), ((82, 83), 83)])
def test_a_port_is_taken_once(
    sockets: Sockets, told: list[str], taken: tuple[int, ...], port: int
) -> None:
    web = one()
    sockets.listen("pod:a", web)
    told.clear()
    if port == 81:
        sockets.listen("pod:a", one(port), taken)
        assert told
        return
    with pytest.raises(PortTaken) as error:
        sockets.listen("pod:a", one(port), taken)
    assert (error.value.errno, error.value.strerror) == (98, "Address already in use")
    assert told == [] and list(sockets.of("pod:a")) == [web]


def test_only_who_listens_can_stop(sockets: Sockets, told: list[str]) -> None:
    web = one()
    sockets.listen("pod:a", web)
    told.clear()
    for space, listening in (("pod:a", one()), ("pod:b", web), ("pod:a", one(81))):
        sockets.close(space, listening)
    assert told == [] and list(sockets.of("pod:a")) == [web]


async def heard(ends: Ends) -> bytes:
    return await asyncio.wait_for(ends.reader.read(), 5)


async def test_a_connection_is_served(sockets: Sockets) -> None:
    async def talk(ends: Ends, peer: str) -> None:
        await ends.send(f"{peer}: ".encode() + await ends.reader.readline())

    ends = await sockets.connect(one(serve=conversation(talk)), "10.0.0.1")
    assert sockets._busy
    await ends.send(b"hello\n")
    assert await heard(ends) == b"10.0.0.1: hello\n"
    ends.close()
    await asyncio.sleep(0)
    assert not sockets._busy


@pytest.mark.parametrize("error", [ConnectionResetError(), BrokenPipeError(), EOFError()])
async def test_a_client_that_goes_is_no_fault(
    sockets: Sockets, error: Exception, caplog: Any
) -> None:
    async def serve(far: socket.socket, peer: str) -> None:
        raise error

    ends = await sockets.connect(one(serve=serve), "10.0.0.1")
    [task] = sockets._busy or [None]
    assert await heard(ends) == b"", "the server's end is closed"
    assert task is None or task.exception() is None
    ends.close()


async def test_a_server_may_use_its_socket_without_waiting(sockets: Sockets) -> None:
    """Each end can be handed to the event loop as it is."""
    modes: list[bool] = []

    async def serve(far: socket.socket, peer: str) -> None:
        modes.append(far.getblocking())
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(far, await loop.sock_recv(far, 10))

    ends = await sockets.connect(one(serve=serve), "10.0.0.1")
    await ends.send(b"x")
    assert await heard(ends) == b"x"
    assert modes == [False]
    ends.close()


async def test_a_server_of_this_computer_answers_in_place(sockets: Sockets) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"real")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ends = await sockets.connect(one(real=("127.0.0.1", port)), "10.0.0.1")
    assert await heard(ends) == b"real"
    ends.close()
    server.close()


async def test_the_end_of_all(sockets: Sockets) -> None:
    async def silent(ends: Ends, peer: str) -> None:
        await ends.reader.read()
        await asyncio.sleep(60)

    web = one(serve=conversation(silent))
    sockets.listen("pod:a", web)
    found = [await sockets.connect(web, "10.0.0.1") for _ in range(2)]
    await asyncio.sleep(0)
    sockets.stop()
    assert list(sockets.of("pod:a")) == []
    for ends in found:
        assert await heard(ends) == b""
        ends.close()
