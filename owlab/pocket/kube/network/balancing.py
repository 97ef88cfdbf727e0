"""Which of the pods behind a Service gets a connection."""

from __future__ import annotations

import random
import time

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store

_STICKY_SECONDS = 10800

End = tuple[str, int, str]
"""An address, a port, and the node that it is on."""


class Balancer:
    """One of those that are ready, by chance; the same again where a Service asks for that."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stuck: dict[tuple[str, int, str], tuple[str, float]] = {}

    def ends(self, service: Object, entry: Object) -> list[End]:
        """The ready ones behind a port of a Service."""
        meta = service["metadata"]
        endpoints = self._store.find("Endpoints", meta["name"], meta["namespace"]) or {}
        return [
            (address["ip"], int(port["port"]), str(address.get("nodeName") or ""))
            for subset in endpoints.get("subsets") or []
            for port in subset.get("ports") or []
            if port.get("name", "") == entry.get("name", "")
            and port.get("protocol", "TCP") == "TCP"
            for address in subset.get("addresses") or []
        ]

    def choose(
        self, service: Object, entry: Object, client: str, node: str | None
    ) -> tuple[str, int] | None:
        """Where a client's connection goes; ``node``: only there."""
        ends = [end for end in self.ends(service, entry) if node in (None, end[2].lower())]
        if not ends:
            return None
        if service["spec"].get("sessionAffinity") != "ClientIP":
            return random.choice(ends)[:2]
        return self._same(service, entry, client, ends)

    def _same(
        self, service: Object, entry: Object, client: str, ends: list[End]
    ) -> tuple[str, int]:
        key = (str(service["metadata"]["uid"]), int(entry["port"]), client)
        address, until = self._stuck.get(key, ("", 0.0))
        kept = [end for end in ends if end[0] == address and time.monotonic() < until]
        chosen = kept[0] if kept else random.choice(ends)
        limits = (service["spec"].get("sessionAffinityConfig") or {}).get("clientIP") or {}
        seconds = int(limits.get("timeoutSeconds") or _STICKY_SECONDS)
        self._stuck[key] = (chosen[0], time.monotonic() + seconds)
        return chosen[:2]
