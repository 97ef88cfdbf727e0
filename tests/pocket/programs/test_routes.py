"""Who answers at an address and a port, seen from machines, pods and elsewhere: no cluster yet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.network.routes import NetworkPlace, Routes, at_machine
from owlab.pocket.network.sockets import Listening, conversation
from owlab.pocket.network.unreached import (
    ConnectionLost,
    ConnectionRefused,
    NoRouteToHost,
    Unreached,
)


@dataclass
class Host:
    """A machine, as the network sees it."""

    name: str
    address: str
    running: bool = True
    units: set[str] = field(default_factory=set)

    def service_active(self, unit: str) -> bool:
        return self.running and unit in self.units


class Hosts:
    def __init__(self, *hosts: Host) -> None:
        self.hosts = hosts

    def get(self, name: str) -> Host | None:
        return next((host for host in self.hosts if host.name == name), None)

    def all(self) -> list[Host]:
        return list(self.hosts)


class Region:
    """A cluster that opens port 31000, has one pod, and may forbid what is asked of machines."""

    def __init__(self, permitted: bool = True) -> None:
        self.permitted = permitted

    def find(self, place: NetworkPlace, address: str, port: int) -> Listening | None:
        if address == "10.43.0.1":
            raise ConnectionLost
        return Listening(port, "pod") if address == "10.42.0.1" else None

    def on_machine(self, place: NetworkPlace, machine: Any, port: int) -> Listening | None:
        return Listening(port, "node-port") if port == 31000 else None

    def ask(self, *words: Any) -> Any:
        raise NotImplementedError

    def echoes(self, place: NetworkPlace, address: str) -> bool:
        return address == "10.42.0.1"

    def permits(self, place: NetworkPlace, address: str, port: int | None) -> bool:
        return self.permitted

    def names_reached(self, place: NetworkPlace, server: str) -> bool:
        return True


ALL = {"ssh", "k3s", "nfs-server", "rpcbind"}
ONE, TWO = Host("one", "127.9.0.1", units=ALL), Host("two", "127.9.0.2", units={"k3s-agent"})
DOWN = Host("down", "127.9.0.3", running=False, units=ALL)
POD = NetworkPlace("pod:u", "10.42.0.7", "one", "u")
ABROAD = NetworkPlace("outside", "192.0.2.1", "")


def routes(region: Region | None = None) -> Routes:
    made: Any = Routes(Hosts(ONE, TWO, DOWN), Clock())
    made.cluster = region
    for port, address in ((8000, "0.0.0.0"), (8001, "127.0.0.1")):
        made.sockets.listen("machine:one", Listening(port, "own", address=address))
        made.sockets.listen("pod:u", Listening(port, "in-pod", address=address))
    return made  # type: ignore[no-any-return]


def who(place: NetworkPlace, address: str, port: int, region: Region | None = None) -> str:
    try:
        found = routes(region).find(place, address, port)
    except Unreached as error:
        return type(error).__name__
    return f"real {found.real[0]}" if found.real else found.program


REFUSED, NO_ROUTE = "ConnectionRefused", "NoRouteToHost"
HERE, THERE = at_machine(ONE), at_machine(TWO)


@pytest.mark.parametrize(
    ("place", "address", "port", "found"),
    [
        # The services of a machine, while their units are active.
        (THERE, "127.9.0.1", 22, "sshd"),
        (THERE, "127.9.0.1", 111, "rpcbind"),
        (THERE, "127.9.0.1", 2049, "nfsd"),
        (THERE, "127.9.0.1", 10250, "k3s-server"),
        (THERE, "127.9.0.1", 6443, "real 127.9.0.1"),
        (HERE, "127.9.0.2", 10250, "k3s-agent"),
        (HERE, "127.9.0.2", 22, REFUSED),
        (HERE, "127.9.0.2", 2049, REFUSED),
        # What answers outside of the lab too is not ours to refuse.
        (HERE, "127.9.0.2", 6443, "real 127.9.0.2"),
        (HERE, "127.9.0.2", 30000, "real 127.9.0.2"),
        (HERE, "127.9.0.2", 32767, "real 127.9.0.2"),
        (HERE, "127.9.0.2", 29999, REFUSED),
        (HERE, "127.9.0.2", 32768, REFUSED),
        # Programs that listen: those for all, and those for their own machine.
        (THERE, "127.9.0.1", 8000, "own"),
        (THERE, "127.9.0.1", 8001, REFUSED),
        (HERE, "127.9.0.1", 8000, "own"),
        (HERE, "127.9.0.1", 8001, "own"),
        (HERE, "127.0.0.1", 8001, "own"),
        (HERE, "127.0.0.1", 22, "sshd"),
        (HERE, "0.0.0.0", 22, "sshd"),
        (THERE, "127.0.0.1", 8000, REFUSED),
        (ABROAD, "127.9.0.1", 8000, "own"),
        (ABROAD, "127.0.0.1", 8000, REFUSED),
        # A pod's own address and loopback are its own.
        (POD, "127.0.0.1", 8000, "in-pod"),
        (POD, "127.0.0.1", 8001, "in-pod"),
        (POD, "10.42.0.7", 8000, "in-pod"),
        (POD, "127.0.0.1", 22, REFUSED),
        (POD, "127.9.0.1", 8000, "own"),
        (POD, "127.9.0.1", 8001, REFUSED),
        (HERE, "127.9.0.3", 22, NO_ROUTE),
        (HERE, "10.42.0.1", 80, NO_ROUTE),
        (HERE, "192.0.2.9", 80, NO_ROUTE),
        (HERE, "127.9.0.1", 0, REFUSED),
        (HERE, "127.9.0.1", 65536, REFUSED),
    ],
)
def test_who_answers(place: NetworkPlace, address: str, port: int, found: str) -> None:
    assert who(place, address, port) == found


@pytest.mark.parametrize(
    ("address", "port", "permitted", "found"),
    [
        ("10.42.0.1", 80, True, "pod"),
        ("10.42.0.2", 80, True, NO_ROUTE),
        ("127.9.0.2", 31000, True, "node-port"),
        ("127.9.0.2", 10250, True, "k3s-agent"),
        ("127.9.0.2", 10250, False, REFUSED),
        ("127.9.0.2", 30000, True, "real 127.9.0.2"),
        ("127.9.0.2", 30000, False, REFUSED),
        ("127.9.0.2", 31000, False, "node-port"),
    ],
)
def test_what_a_cluster_adds(address: str, port: int, permitted: bool, found: str) -> None:
    assert who(HERE, address, port, Region(permitted)) == found


@pytest.mark.parametrize(
    ("place", "address", "region", "answers"),
    [
        (HERE, "127.9.0.2", None, True),
        (HERE, "127.9.0.3", None, False),
        (HERE, "127.0.0.1", None, True),
        (POD, "10.42.0.7", None, True),
        (POD, "127.0.0.1", None, True),
        (HERE, "10.42.0.1", None, False),
        (HERE, "10.42.0.1", Region(), True),
        (HERE, "10.42.0.2", Region(), False),
        (HERE, "127.9.0.2", Region(), True),
        (HERE, "127.9.0.2", Region(False), False),
        (POD, "10.42.0.7", Region(False), True),
    ],
)
def test_who_answers_a_ping(
    place: NetworkPlace, address: str, region: Region | None, answers: bool
) -> None:
    assert routes(region).echoes(place, address) is answers


@pytest.mark.parametrize(
    ("speed", "limit", "waits"),
    [
        ("instant", None, 1.0),
        ("instant", 0.25, 0.25),
        ("instant", 9.0, 1.0),
        ("real", None, 130.0),
        ("real", 3.0, 3.0),
        ("real", 500.0, 130.0),
    ],
)
async def test_what_is_lost_takes_its_time(
    monkeypatch: pytest.MonkeyPatch, speed: Any, limit: float | None, waits: float
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    made = routes(Region())
    made._clock = Clock(speed)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(ConnectionLost):
        await made.connect(HERE, "10.43.0.1", 80, limit)
    assert slept == [waits]
    for address, error in (("127.9.0.3", NoRouteToHost), ("127.9.0.2", ConnectionRefused)):
        with pytest.raises(error):
            await made.connect(HERE, address, 22, limit)
    assert slept == [waits], "who says no says so at once"


async def test_the_server_sees_where_a_connection_comes_from() -> None:
    peers: list[str] = []

    async def talk(ends: Any, peer: str) -> None:
        peers.append(peer)

    made = routes()
    made.sockets.listen("machine:two", Listening(7, "x", conversation(talk)))
    ends = await made.connect(POD, "127.9.0.2", 7)
    assert await ends.reader.read() == b"" and peers == ["10.42.0.7"]
    ends.close()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"SSH-2.0-me\r\n", b""),
        (b"hello\r\n", b"Invalid SSH identification string.\r\n"),
        (b"\n", b"Invalid SSH identification string.\r\n"),
    ],
)
async def test_the_greeting_of_sshd(said: bytes, answer: bytes) -> None:
    ends = await routes().connect(THERE, "127.9.0.1", 22)
    assert await ends.reader.readline() == b"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13\r\n"
    await ends.send(said)
    assert await asyncio.wait_for(ends.reader.read(), 5) == answer
    ends.close()


@pytest.mark.parametrize("port", [111, 2049, 10250])
async def test_others_hang_up_on_who_says_something(port: int) -> None:
    ends = await routes().connect(THERE, "127.9.0.1", port)
    await ends.send(b"x")
    assert await asyncio.wait_for(ends.reader.read(), 5) == b""
    ends.close()


def test_what_listens_on_a_machine() -> None:
    made = routes()
    shown = [(one.port, one.program, one.unit) for one in made.listening(ONE)]
    assert shown == [
        (8000, "own", ""),
        (8001, "own", ""),
        (22, "sshd", "ssh"),
        (6443, "k3s-server", "k3s"),
        (10250, "k3s-server", "k3s"),
        (2049, "nfsd", "nfs-server"),
        (111, "rpcbind", "rpcbind"),
    ]
    assert [(one.port, one.program) for one in made.listening(TWO)] == [(10250, "k3s-agent")]
    assert made.listening(DOWN) == []
