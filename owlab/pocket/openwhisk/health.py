"""What of OpenWhisk answers, and what a request gets that needs a part that does not.

nginx -> controller -> CouchDB
                    -> Kafka -> invoker -> pods
      -> API gateway -> Redis
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from owlab.pocket.ground.clock import Clock
from owlab.pocket.openwhisk.refusals import WhiskError

INTERNAL = "There was an internal server error."
UNAVAILABLE = (
    "The server is currently unavailable (because it is overloaded or down for maintenance)."
)
# Seconds without a ping after which the controller counts an invoker as gone.
PATIENCE = 10


class BadGateway(Exception):
    """nginx found nobody behind it; it answers with a page of its own."""


class ComponentsView(Protocol):
    """The parts of the release, as the cluster sees them."""

    @property
    def ready(self) -> frozenset[str]:
        """Components that answer."""

    @property
    def invokers(self) -> tuple[tuple[str, bool], ...]:
        """Pods of invokers, and whether they can start containers."""

    @property
    def healthy_invokers(self) -> int:
        """How many of them work."""


class Health:
    """The latest news of the parts. While none have come, everything works."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._parts: ComponentsView | None = None
        self._changed = asyncio.Event()
        self._seen = 0.0
        """When an invoker was last healthy."""

    def update(self, parts: ComponentsView) -> None:
        """A part came or went."""
        if self._parts is not None and self._parts.healthy_invokers:
            self._seen = time.monotonic()
        self._parts = parts
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def has(self, part: str) -> bool:
        """A part answers."""
        return self._parts is None or part in self._parts.ready

    @property
    def invokers(self) -> dict[str, str]:
        """Invokers by name, and how they are, as ``/invokers`` tells it."""
        if self._parts is None:
            return {"invoker0/owdev-invoker-0": "up"}
        reached = {"controller", "kafka"} <= self._parts.ready
        return {
            f"invoker{number}/{pod}": ("up" if able else "unhealthy") if reached else "down"
            for number, (pod, able) in enumerate(self._parts.invokers)
        }

    @property
    def healthy_invokers(self) -> int:
        """How many invokers work."""
        return 1 if self._parts is None else self._parts.healthy_invokers

    def need_controller(self) -> None:
        """nginx passes the request on."""
        if not self.has("controller"):
            raise BadGateway

    def need_gateway(self) -> None:
        """nginx passes it on to the API gateway, which keeps its routes in Redis."""
        if not self.has("apigateway"):
            raise BadGateway
        if not self.has("redis"):
            raise WhiskError(500, "Internal Server Error")

    def need_database(self) -> None:
        """Keys and entities are in CouchDB."""
        if not self.has("couchdb"):
            raise WhiskError(500, INTERNAL)

    def need_invoker(self) -> None:
        """The load balancer has an invoker to choose, or has seen one a moment ago."""
        if self.healthy_invokers:
            return
        recent = time.monotonic() - self._seen <= self._clock.scaled(PATIENCE)
        if not (self.has("kafka") and self._seen and recent):
            raise WhiskError(503, UNAVAILABLE)

    async def invoker_takes(self) -> None:
        """What was accepted waits in Kafka until an invoker takes it."""
        while not self.healthy_invokers:
            await self._changed.wait()
