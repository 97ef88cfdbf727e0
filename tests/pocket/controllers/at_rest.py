"""A control plane that does nothing by itself: a test has one controller look at one key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller
from owlab.pocket.kube.store import Key, Store
from owlab.pocket.machines.views import DiskFleet

from .plain_store import store_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> str:
    """A time before now, as Kubernetes writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class AtRest(ControlPlane):
    """Its clock stands still, and it remembers what it would look at later."""

    def __init__(self, *objects: Object, fleet: Any = None) -> None:
        clock = Clock("real")
        super().__init__(store_of(*objects), clock, cast(DiskFleet, fleet))
        clock.now = lambda: self.time  # type: ignore[method-assign]
        clock.timestamp = lambda: ago(0)  # type: ignore[method-assign]
        self.time = NOW
        self.keys: list[str] = []
        self.later: list[float] = []

    def enqueue(self, controller: Controller, key: Key, seconds: float = 0.0) -> None:
        self.keys.append(key.name)
        self.later.append(seconds)

    def events(self) -> list[tuple[str, str, str]]:
        """What was said: types, reasons and messages."""
        found = self.store.list("Event")
        return [(event["type"], event["reason"], event["message"]) for event in found]


def edit(store: Store, kind: str, name: str, namespace: str = "default", **parts: Any) -> Object:
    """Change parts of an object: those of its specification, its metadata or its status."""
    draft = store.draft(kind, name, namespace)
    for part, change in parts.items():
        draft[part] = {**draft.get(part, {}), **change}
    return store.update(draft)
