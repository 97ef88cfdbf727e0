"""Runs the controllers: one queue of keys, one at a time, with room for requests in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission import admit
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.controllers.queue import WorkQueue
from owlab.pocket.kube.errors import ApiError, Conflict, NotFound
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.store import Change, Key, Store
from owlab.pocket.machines.views import DiskFleet

log = logging.getLogger(__name__)

Item = tuple[Controller, Key]
EVERY_KIND = "*"
"""Among the kinds that a controller watches: all of them, custom ones too."""


class ControlPlane:
    """What all controllers share, and the loop that gives them their turns.

    One loop for all, so that two never work at once: the service has one thread. First come,
    first served, so that many changes of one object are looked at once, and none waits for ever.
    """

    def __init__(self, store: Store, clock: Clock, fleet: DiskFleet) -> None:
        self.store = store
        self.clock = clock
        self.fleet = fleet
        self.recorder = Recorder(store)
        self._controllers: list[Controller] = []
        self._leads: dict[tuple[str, str], list[tuple[Controller, Leads]]] = {}
        self._of_every_kind: list[tuple[Controller, Leads]] = []
        self._queue: WorkQueue[Item] = WorkQueue()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def add(self, *controllers: Controller) -> None:
        """Run these too, from when the plane starts."""
        for controller in controllers:
            self._controllers.append(controller)
            for name, leads in controller.watches().items():
                if name == EVERY_KIND:
                    self._of_every_kind.append((controller, leads))
                    continue
                kind = self.store.registry.get(name)
                self._leads.setdefault((kind.group, kind.kind), []).append((controller, leads))

    async def start(self) -> None:
        """Look at everything once, and from then on at what changes."""
        self._unsubscribe = self.store.subscribe(self._changed)
        self.look_at_everything()
        self._task = asyncio.create_task(self._run())

    def look_at_everything(self) -> None:
        """Look at every object, as after a start or when the clock has jumped."""
        for kind in {(k.group, k.kind): k for k in self.store.registry.all()}.values():
            for entry in list(self.store.entries(kind)):
                key = self.store.key_of(entry.obj)
                self._changed(Change(self.store.resource_version, "ADDED", key, entry, None))

    async def stop(self) -> None:
        """End the loop; everything is on disk already."""
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._queue.close()

    def admit(self, obj: Object) -> Object:
        """Make an object as a client would: filled in, and refused where that is refused."""
        return admit(self.store, obj)

    def enqueue(self, controller: Controller, key: Key, seconds: float = 0.0) -> None:
        """Have a controller look at a key, in so many seconds."""
        if seconds <= 0:
            self._idle.clear()
        self._queue.add_after((controller, key), seconds)

    def machines_changed(self) -> None:
        """Tell every controller that something about the machines may be different."""
        for controller in self._controllers:
            controller.machines_changed()

    async def settled(self, timeout: float) -> bool:
        """Wait until nothing is left to do now; False when time is up."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def _changed(self, change: Change) -> None:
        told = self._leads.get((change.key.group, change.key.kind), ())
        for controller, leads in (*told, *self._of_every_kind):
            self._follow(controller, leads, change)

    def _follow(self, controller: Controller, leads: Leads, change: Change) -> None:
        try:
            for key in leads(change):
                self.enqueue(controller, key)
        except Exception:
            # One object with a shape that nobody thought of; the others go on.
            log.exception("%s cannot follow %s", type(controller).__name__, change.key)

    async def _run(self) -> None:
        while True:
            item = await self._queue.get(self._idle.set)
            with self.store.together():
                self._reconcile(item)
            await asyncio.sleep(0)

    def _reconcile(self, item: Item) -> None:
        controller, key = item
        name = type(controller).__name__
        try:
            controller.reconcile(key)
        except (Conflict, NotFound) as error:
            # Somebody was faster: what they wrote leads here again, or the next try sees it.
            log.debug("%s: %s: %s", name, key, error.message)
            self._queue.failed(item)
        except ApiError as error:
            again = self._queue.failed(item)
            log.warning("%s: %s: %s (again in %.1f s)", name, key, error.message, again)
        except Exception:
            again = self._queue.failed(item)
            log.exception("%s failed on %s (again in %.1f s)", name, key, again)
        else:
            self._queue.done(item)
