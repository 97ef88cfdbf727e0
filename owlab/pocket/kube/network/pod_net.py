"""The network as seen from a container."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.places import place_of
from owlab.pocket.kube.network.resolver import Resolver
from owlab.pocket.network.dns import NameAnswer, ResolverConfig
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.routes import Routes
from owlab.pocket.network.sockets import Listening, Serve


class PodNet:
    """A pod's addresses, names and sockets."""

    def __init__(
        self,
        pod: Object,
        routes: Routes,
        names: Names,
        fleet: FleetView,
        authorities: Callable[[], bytes],
    ) -> None:
        self._place, self._routes = place_of(pod), routes
        self._resolver = Resolver(pod, names, fleet, self._asks)
        self._authorities = authorities
        self.opened: list[Listening] = []

    def _asks(self, server: str) -> bool:
        cluster = self._routes.cluster
        return cluster is None or cluster.names_reached(self._place, server)

    @property
    def config(self) -> ResolverConfig:
        """What the container's ``/etc/resolv.conf`` says."""
        return self._resolver.config

    def lookup(self, name: str) -> list[str]:
        """Addresses of a name; raises UnknownName."""
        return self._resolver.lookup(name)

    def ask(self, server: str, name: str, kind: str) -> NameAnswer | None:
        """What a name server says of a full name; None when none answers there."""
        return self._resolver.ask(server, name, kind)

    async def dial(self, host: str, port: int, limit: float | None = None) -> Ends:
        """A connection to a name or an address; raises Unreached."""
        (address, *_) = self.lookup(host)
        return await self._routes.connect(self._place, address, port, limit)

    def echoes(self, address: str) -> bool:
        """Somebody who has the address answers a ping."""
        return self._routes.echoes(self._place, address)

    @contextmanager
    def listen(self, port: int, program: str, serve: Serve) -> Iterator[None]:
        """Answer connections meanwhile; raises OSError."""
        one = self.open(port, program, serve)
        try:
            yield
        finally:
            self.close(one)

    def open(self, port: int, program: str, serve: Serve) -> Listening:
        """Answer connections from now on; raises OSError."""
        one = Listening(port, program, serve)
        self._routes.sockets.listen(self._place.space, one)
        self.opened.append(one)
        return one

    def close(self, one: Listening) -> None:
        """Answer them no more."""
        self._routes.sockets.close(self._place.space, one)
        if one in self.opened:
            self.opened.remove(one)

    def close_all(self) -> None:
        """The container, or its command, has ended."""
        for one in list(self.opened):
            self.close(one)

    def authorities(self) -> bytes:
        """The certificates that are trusted, PEM."""
        return self._authorities()
