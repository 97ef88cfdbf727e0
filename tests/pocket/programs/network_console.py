"""A place in a network of servers that a test makes, and a program's console in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp

from owlab.pocket.network.dns import NameAnswer, NameRecord, ResolverConfig, is_address
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.http import http_server
from owlab.pocket.network.programs.refusal import Refusal
from owlab.pocket.network.sockets import Listening, Serve, Sockets
from owlab.pocket.network.unreached import (
    ConnectionLost,
    ConnectionRefused,
    UnknownName,
    Unreached,
)

Records = dict[tuple[str, str], list[str]]


class TestNet:
    """Implements ``Net``: servers by port, which have the address 10.0.0.7, and names."""

    __test__ = False
    config = ResolverConfig(("10.0.0.53",), ("lab", "local"))

    def __init__(self) -> None:
        self.sockets = Sockets()
        self.dialed: list[tuple[str, int, float | None]] = []
        self.names = {"web": "10.0.0.7", "other": "10.0.0.8", "lost": "10.0.0.9"}
        self.records: Records = {}
        self.servers = {"10.0.0.53"}
        self.asked: list[tuple[str, str, str]] = []
        self.answers_ping = {"10.0.0.7"}

    def serve(self, app: ASGIApp, port: int = 80) -> None:
        self.sockets.listen("here", Listening(port, "test", http_server(app)))

    def lookup(self, name: str) -> list[str]:
        if is_address(name):
            return [name]
        if name not in self.names:
            raise UnknownName(name)
        return [self.names[name]]

    def ask(self, server: str, name: str, kind: str) -> NameAnswer | None:
        self.asked.append((server, name, kind))
        if server not in self.servers:
            return None
        found = self.records.get((name, kind))
        if found is None:
            known = any(own == name for own, _ in self.records)
            return NameAnswer("NOERROR" if known else "NXDOMAIN")
        return NameAnswer(records=[NameRecord(name, kind, data, 30) for data in found])

    async def dial(self, host: str, port: int, limit: float | None = None) -> Ends:
        self.dialed.append((host, port, limit))
        address = self.lookup(host)[0]
        if address == "10.0.0.9":
            raise ConnectionLost
        found = self.sockets.at("here", port)
        if found is None:
            raise ConnectionRefused
        return await self.sockets.connect(found, "10.0.0.1")

    def echoes(self, address: str) -> bool:
        return address in self.answers_ping

    @contextmanager
    def listen(self, port: int, program: str, serve: Serve) -> Iterator[None]:
        one = Listening(port, program, serve)
        self.sockets.listen("here", one)
        try:
            yield
        finally:
            self.sockets.close("here", one)

    def authorities(self) -> bytes:
        return b""


class TestConsole:
    """Implements ``NetworkConsole``; what was printed and written stays to be looked at."""

    __test__ = False

    def __init__(self, net: TestNet, name: str, words: list[str], stdin: bytes = b"") -> None:
        self.net, self.name, self.argv = net, name, words
        self.printed, self.told = bytearray(), bytearray()
        self.files: dict[str, bytes] = {}
        self.paused = 0.0
        self._input = [stdin] if stdin else []

    async def out(self, data: str | bytes) -> None:
        self.printed += data.encode() if isinstance(data, str) else data

    async def err(self, data: str | bytes) -> None:
        self.told += data.encode() if isinstance(data, str) else data

    async def stdin(self) -> bytes:
        return self._input.pop(0) if self._input else b""

    async def next_input(self) -> bytes | None:
        return self._input.pop(0) if self._input else None

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, path: str, content: bytes) -> None:
        if path.startswith("/none/"):
            raise OSError(2, "No such file or directory")
        self.files[path] = content

    def path(self, name: str) -> str:
        return name if name.startswith("/") else f"/home/{name}"

    async def pause(self, seconds: float) -> None:
        self.paused += seconds


class Typed:
    """What a program did: its status, and what it printed."""

    def __init__(self, status: int, console: TestConsole) -> None:
        self.status, self.console = status, console
        self.out, self.err = console.printed.decode(), console.told.decode()


async def typed(
    program: Callable[..., Awaitable[int]],
    net: TestNet,
    *words: str,
    stdin: bytes = b"",
    files: dict[str, bytes] | None = None,
    **more: Any,
) -> Typed:
    """Run a program; one that gives up says so on standard error, as everywhere in the lab."""
    console = TestConsole(net, program.__name__, list(words), stdin)
    console.files.update(files or {})
    try:
        status = await program(console, **more)
    except Refusal as refusal:
        await console.err(refusal.text)
        status = refusal.status
    return Typed(status, console)


__all__ = ["TestConsole", "TestNet", "Typed", "Unreached", "typed"]
