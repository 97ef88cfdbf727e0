"""The one way to connect: from a place, to an address and a port."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Protocol

from owlab.pocket.ground.clock import Clock
from owlab.pocket.network import units
from owlab.pocket.network.dns import NameAnswer
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.network_hosts import NetworkHost, NetworkHosts
from owlab.pocket.network.sockets import Listening, Sockets
from owlab.pocket.network.unreached import ConnectionLost, ConnectionRefused, NoRouteToHost

NODE_PORTS = range(30000, 32768)
SYN_SECONDS = 130.0
"""How long Linux tries before it gives up a connection that nobody answers."""
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@dataclass(frozen=True)
class NetworkPlace:
    """Where somebody stands: whose sockets are local to it, and which address others see."""

    space: str
    address: str
    node: str
    """The machine that it is, or that carries it."""
    pod: str = ""
    """The uid of the pod that it is in."""


class Region(Protocol):
    """What has addresses beside the machines: a cluster."""

    def find(self, place: NetworkPlace, address: str, port: int) -> Listening | None:
        """Who listens there; None where the address is not the cluster's. Raises Unreached."""

    def on_machine(self, place: NetworkPlace, machine: NetworkHost, port: int) -> Listening | None:
        """What the cluster opens on a machine. Raises Unreached."""

    def ask(self, place: NetworkPlace, server: str, name: str, kind: str) -> NameAnswer | None:
        """What its name server says; None where that cannot be reached."""

    def echoes(self, place: NetworkPlace, address: str) -> bool:
        """Some pod has the address, and its node is up."""

    def permits(self, place: NetworkPlace, address: str, port: int | None) -> bool:
        """Whether who is there may reach a machine; ``port`` None: by ping."""

    def names_reached(self, place: NetworkPlace, server: str) -> bool:
        """Whether the questions of who is there reach a name server."""


def at_machine(machine: NetworkHost) -> NetworkPlace:
    """On a machine."""
    return NetworkPlace(f"machine:{machine.name}", machine.address, machine.name)


class Routes:
    """Who can reach whom in a lab."""

    def __init__(self, fleet: NetworkHosts, clock: Clock, sockets: Sockets | None = None) -> None:
        self._fleet = fleet
        self._clock = clock
        self.sockets = sockets or Sockets()
        self.cluster: Region | None = None

    async def connect(
        self, place: NetworkPlace, address: str, port: int, limit: float | None = None
    ) -> Ends:
        """A new connection; raises Unreached. ``limit`` in seconds, for what nobody answers."""
        try:
            found = self.find(place, address, port)
        except ConnectionLost:
            wait = self._clock.limit(SYN_SECONDS) if self._clock.speed == "real" else 1.0
            await asyncio.sleep(min(limit if limit is not None else wait, wait))
            raise
        try:
            return await self.sockets.connect(found, place.address)
        except OSError:
            raise ConnectionRefused from None

    def find(self, place: NetworkPlace, address: str, port: int) -> Listening:
        """Who answers there; raises Unreached."""
        if not 0 < port < 65536:
            raise ConnectionRefused
        machines = self._machines(place, address)
        if place.pod and (address == place.address or _is_loopback(address)) and not machines:
            return self._own(place, port)
        for machine in machines:
            try:
                return self._on_machine(place, machine, port)
            except ConnectionRefused:
                continue
        if machines:
            raise ConnectionRefused
        if _is_loopback(address):
            return self._own(place, port)
        if self.cluster is not None:
            found = self.cluster.find(place, address, port)
            if found is not None:
                return found
        raise NoRouteToHost

    def echoes(self, place: NetworkPlace, address: str) -> bool:
        """Whether who has an address can be reached."""
        machines = self._machines(place, address)
        if machines or _is_loopback(address) or address == place.address:
            up = all(machine.running for machine in machines)
            return up and (not machines or self._permitted(place, address, None))
        return self.cluster is not None and self.cluster.echoes(place, address)

    def _machines(self, place: NetworkPlace, address: str) -> list[NetworkHost]:
        """Those of an address; several where this computer has one for all. Its own comes first."""
        if place.space.startswith("pod:") and address == "127.0.0.1":
            return []
        known = [machine for machine in self._fleet.all() if machine.address == address]
        own = self._fleet.get(place.node)
        if own is not None and not known and _is_loopback(address):
            known = [own]
        return sorted(known, key=lambda machine: machine.name != place.node)

    def _permitted(self, place: NetworkPlace, address: str, port: int | None) -> bool:
        return self.cluster is None or self.cluster.permits(place, address, port)

    def _own(self, place: NetworkPlace, port: int) -> Listening:
        found = self.sockets.at(place.space, port)
        if found is None:
            raise ConnectionRefused
        return found

    def _on_machine(self, place: NetworkPlace, machine: NetworkHost, port: int) -> Listening:
        if not machine.running:
            raise NoRouteToHost
        for found in self.listening(machine):
            local = place.space == f"machine:{machine.name}"
            if found.port == port and (local or not found.address.startswith("127.")):
                if self._permitted(place, machine.address, port):
                    return found
                raise ConnectionRefused
        if self.cluster is not None:
            opened = self.cluster.on_machine(place, machine, port)
            if opened is not None:
                return opened
        if not self._permitted(place, machine.address, port):
            raise ConnectionRefused
        if port == units.API_PORT or port in NODE_PORTS:
            # A server of the lab's that answers on the machine's address outside of the lab too.
            return Listening(port, "", real=(machine.address, port))
        raise ConnectionRefused

    def listening(self, machine: NetworkHost) -> list[Listening]:
        """All that listens on a machine."""
        return [*self.sockets.of(f"machine:{machine.name}"), *units.listening(machine)]


def _is_loopback(address: str) -> bool:
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified
