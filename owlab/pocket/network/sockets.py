"""What listens: one table for all network namespaces, those of machines and those of pods."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from owlab.pocket.network.ends import Ends, of_socket

ANY = "0.0.0.0"

Serve = Callable[[socket.socket, str], Awaitable[None]]
"""Answers one connection: its socket, and the address it comes from."""


class PortTaken(OSError):
    """Somebody listens there already."""

    def __init__(self) -> None:
        super().__init__(98, "Address already in use")


@dataclass(eq=False)
class Listening:
    """One socket that waits for connections."""

    port: int
    program: str
    serve: Serve | None = None
    pid: int = 1
    address: str = ANY
    protocol: str = "tcp"
    user: str = "root"
    unit: str = ""
    """The systemd unit that it belongs to."""
    real: tuple[str, int] | None = None
    """Where a server of this computer answers in its place."""


@dataclass
class Sockets:
    """Who listens in which namespace: ``machine:NAME`` or ``pod:UID``."""

    _open: dict[str, dict[int, Listening]] = field(default_factory=dict)
    _busy: set[asyncio.Task[None]] = field(default_factory=set)
    _told: list[Callable[[], None]] = field(default_factory=list)

    def listen(self, space: str, listening: Listening, taken: Iterable[int] = ()) -> None:
        """Begin; raises PortTaken. ``taken``: ports of others that are not in the table."""
        held = self._open.setdefault(space, {})
        if listening.port in held or listening.port in taken:
            raise PortTaken
        held[listening.port] = listening
        self._tell()

    def close(self, space: str, listening: Listening) -> None:
        """Listen no more; a socket that does not listen is no error."""
        held = self._open.get(space, {})
        if held.get(listening.port) is listening:
            del held[listening.port]
            if not held:
                del self._open[space]
            self._tell()

    def on_change(self, told: Callable[[], None]) -> None:
        """Be told when something begins or ends to listen."""
        self._told.append(told)

    def _tell(self) -> None:
        for told in self._told:
            told()

    def at(self, space: str, port: int) -> Listening | None:
        """Who listens on a port."""
        return self._open.get(space, {}).get(port)

    def of(self, space: str) -> Iterable[Listening]:
        """All that listen in a namespace."""
        return list(self._open.get(space, {}).values())

    async def connect(self, listening: Listening, peer: str) -> Ends:
        """A new connection; ``peer`` is the address that the server sees."""
        if listening.real is not None:
            return Ends(*await asyncio.open_connection(*listening.real))
        assert listening.serve is not None
        near, far = socket.socketpair()
        for end in (near, far):
            end.setblocking(False)
        task = asyncio.ensure_future(_served(listening.serve, far, peer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        return await of_socket(near)

    def stop(self) -> None:
        """End every connection."""
        for task in list(self._busy):
            task.cancel()
        self._open.clear()


async def _served(serve: Serve, far: socket.socket, peer: str) -> None:
    try:
        await serve(far, peer)
    except (OSError, EOFError):
        return  # the other side has gone
    finally:
        far.close()


def conversation(talk: Callable[[Ends, str], Awaitable[None]]) -> Serve:
    """A server that speaks over streams."""

    async def serve(far: socket.socket, peer: str) -> None:
        ends = await of_socket(far)
        try:
            await talk(ends, peer)
        finally:
            ends.close()

    return serve
