"""What the network's programs need of where they run: the same on machines and in containers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from owlab.pocket.network.dns import NameAnswer, ResolverConfig
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.sockets import Serve


class Net(Protocol):
    """The network as seen from one place."""

    @property
    def config(self) -> ResolverConfig:
        """Whom it asks for names."""

    def lookup(self, name: str) -> list[str]:
        """Addresses of a name; raises UnknownName."""

    def ask(self, server: str, name: str, kind: str) -> NameAnswer | None:
        """What a name server says of a full name; None when none answers there."""

    async def dial(self, host: str, port: int, limit: float | None = None) -> Ends:
        """A connection to a name or an address; raises Unreached."""

    def echoes(self, address: str) -> bool:
        """Somebody who has the address answers a ping."""

    def listen(self, port: int, program: str, serve: Serve) -> AbstractContextManager[None]:
        """Answer connections meanwhile; raises OSError."""

    def authorities(self) -> bytes:
        """The certificates that are trusted, PEM."""


class NetworkConsole(Protocol):
    """A program's words, streams, files and network."""

    name: str
    argv: list[str]

    @property
    def net(self) -> Net:
        """The network from here."""

    async def out(self, data: str | bytes) -> None:
        """To standard output."""

    async def err(self, data: str | bytes) -> None:
        """To standard error."""

    async def stdin(self) -> bytes:
        """All of standard input."""

    async def next_input(self) -> bytes | None:
        """What comes next on standard input; None at its end."""

    def read(self, path: str) -> bytes | None:
        """A file that may be read, or None."""

    def write(self, path: str, content: bytes) -> None:
        """Write a file; raises OSError."""

    def path(self, name: str) -> str:
        """A name as an absolute path."""

    async def pause(self, seconds: float) -> None:
        """Wait for the lab's duration of so many seconds."""
