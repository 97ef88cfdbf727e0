"""The network as seen from a machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from owlab.pocket.network.dns import (
    NODE_SERVER,
    NameAnswer,
    NameRecord,
    ResolverConfig,
    is_address,
    outside,
)
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.routes import at_machine
from owlab.pocket.network.sockets import Listening, Serve
from owlab.pocket.network.unreached import UnknownName

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_FIRST_PID = 4000


class MachineNet:
    """Names of ``/etc/hosts``, of machines and of the internet, but none of the cluster's."""

    config = ResolverConfig((NODE_SERVER,))

    def __init__(self, machine: Machine) -> None:
        self._machine, self._routes = machine, machine.lab.routes

    def lookup(self, name: str) -> list[str]:
        """Addresses of a name; raises UnknownName."""
        if is_address(name):
            return [name]
        if name in ("localhost", self._machine.name):
            return ["127.0.0.1" if name == "localhost" else self._machine.address]
        found = self._of_file(name) or outside(self._machine.lab.fleet, name.rstrip(".").lower())
        if found is None:
            raise UnknownName(name)
        return [found]

    def listening(self) -> list[Listening]:
        """Who listens on the machine."""
        return self._routes.listening(self._machine)

    def _of_file(self, name: str) -> str | None:
        text = (self._machine.read("/etc/hosts") or b"").decode(errors="replace")
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if name in words[1:]:
                return words[0]
        return None

    def ask(self, server: str, name: str, kind: str) -> NameAnswer | None:
        """What a name server says of a full name; None when none answers there."""
        if server != NODE_SERVER:
            cluster = self._routes.cluster
            if cluster is None:
                return None
            return cluster.ask(at_machine(self._machine), server, name, kind)
        try:
            found = self.lookup(name.rstrip("."))
        except UnknownName:
            return NameAnswer("NXDOMAIN")
        return NameAnswer(
            records=[NameRecord(name, "A", found[0], 60)] if kind in ("A", "ANY") else []
        )

    async def dial(self, host: str, port: int, limit: float | None = None) -> Ends:
        """A connection to a name or an address; raises Unreached."""
        (address, *_) = self.lookup(host)
        return await self._routes.connect(at_machine(self._machine), address, port, limit)

    def echoes(self, address: str) -> bool:
        """Somebody who has the address answers a ping."""
        return self._routes.echoes(at_machine(self._machine), address)

    @contextmanager
    def listen(self, port: int, program: str, serve: Serve) -> Iterator[None]:
        """Answer connections meanwhile; raises OSError."""
        sockets, space = self._routes.sockets, f"machine:{self._machine.name}"
        number = _FIRST_PID + sum(1 for _ in sockets.of(space))
        one = Listening(port, program, serve, number)
        taken = [own.port for own in self.listening()]
        sockets.listen(space, one, taken)
        try:
            yield
        finally:
            sockets.close(space, one)

    def authorities(self) -> bytes:
        """The certificates that are trusted, PEM."""
        return self._machine.read(AUTHORITIES) or b""
