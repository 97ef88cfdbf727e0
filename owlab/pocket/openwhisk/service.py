"""OpenWhisk as state: entities, activations, and what runs them. No HTTP here."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk import catalog
from owlab.pocket.openwhisk.actions import Actions, ResolvedAction
from owlab.pocket.openwhisk.activations import Activation, Activations, new_id
from owlab.pocket.openwhisk.alarm_clock import AlarmClock
from owlab.pocket.openwhisk.alarms import Alarms
from owlab.pocket.openwhisk.entity_names import SYSTEM, Identity
from owlab.pocket.openwhisk.gateway import Gateway
from owlab.pocket.openwhisk.health import Health
from owlab.pocket.openwhisk.invoker import Invoker
from owlab.pocket.openwhisk.limits import Limits
from owlab.pocket.openwhisk.packages import Packages
from owlab.pocket.openwhisk.pod_factory import ActionPods
from owlab.pocket.openwhisk.rules import Rules
from owlab.pocket.openwhisk.running import Runner
from owlab.pocket.openwhisk.store import EntityStore
from owlab.pocket.openwhisk.subjects import Subjects
from owlab.pocket.openwhisk.throttle import Throttle
from owlab.pocket.openwhisk.triggers import Triggers

BLOCKING_SECONDS = 60


class Service:
    """One OpenWhisk with two namespaces: ``guest``, and ``whisk.system`` for the catalog."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        pods: ActionPods,
        *,
        guest_key: str,
        system_key: str,
        limits: Mapping[str, Any] | Limits | None = None,
        apihost: str = "",
        release: str = "owdev",
        stem_cells: bool = True,
        allow_concurrent: bool = False,
        idle_seconds: float = 600,
        seed: bool = True,
    ) -> None:
        self.clock, self.apihost = clock, apihost
        self.limits = Limits.of(limits)
        self.system = Identity(SYSTEM, system_key)
        self._keys = (guest_key, system_key)
        self.store = EntityStore(db)
        self.subjects = Subjects(db)
        # A lab of an earlier version has entities, and kept no subjects.
        if seed or (self.subjects.empty and self.store.used):
            self.subjects.seed(*self._keys)
        self.health = Health(clock)
        self.activations = Activations(db)
        self.packages = Packages(self.store)
        self.actions = Actions(self.store, self.packages, self.limits, self.subjects.limits)
        self.triggers = Triggers(self.store)
        self.rules = Rules(self.store, self.actions)
        self.throttle = Throttle(self.limits, self.subjects.limits)
        self._temporary: str | None = None
        self._directory = self._place(db)
        self.invoker = Invoker(
            pods,
            self._directory,
            # What compilers keep outlives the service, where the lab does.
            cache=None if self._temporary else self._directory.parent / "build-cache",
            allow_concurrent=allow_concurrent,
            release=release,
            memory_mb=self.limits.user_memory,
            idle_seconds=idle_seconds,
            stem_cells=stem_cells,
        )
        self.runner = Runner(self)
        self.alarms = Alarms(db)
        self.alarm_clock = AlarmClock(self)
        self.gateway = Gateway(db, apihost)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.activations.recover()

    def _place(self, db: Database) -> Path:
        """Where the processes of actions have their directories: below the lab's own."""
        if str(db.path) == ":memory:":
            self._temporary = tempfile.mkdtemp(prefix="owlab-actions-")
            return Path(self._temporary)
        place = Path(db.path).resolve().parent / "actions"
        # What a killed service left behind.
        shutil.rmtree(place, ignore_errors=True)
        return place

    @property
    def release_key(self) -> str:
        """The guest's key as the release's Secret has it, whether the database knows it or not."""
        return self._keys[0]

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Everybody who may call."""
        return tuple(one.identity for one in self.subjects.all())

    def identify(self, authorization: str | None) -> Identity:
        """The caller; 401 when it is nobody."""
        self.health.need_database()
        return self.subjects.identify(authorization)

    def known(self, namespace: str) -> Identity | None:
        """The owner of a namespace."""
        found = self.subjects.find(namespace)
        return found.identity if found is not None and not found.blocked else None

    def background(
        self, caller: Identity, work: Coroutine[Any, Any, Activation]
    ) -> asyncio.Task[Activation]:
        """Run to its end, whoever waits for it; counted as in flight from now on."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        self.throttle.began(caller.namespace)

        def ended(task: asyncio.Task[Activation]) -> None:
            self._tasks.discard(task)
            self.throttle.ended(caller.namespace)

        task.add_done_callback(ended)
        return task

    async def invoke(
        self,
        caller: Identity,
        found: ResolvedAction,
        payload: dict[str, Any],
        *,
        wait: float | None,
        transaction: str = "",
        by: Identity | None = None,
    ) -> tuple[str, Activation | None]:
        """Invoke; waits at most ``wait`` seconds. The record is None when it is not there yet."""
        self.actions.check_kind(caller, found.document["exec"]["kind"])
        self.throttle.invoking(caller.namespace)
        self.health.need_invoker()
        identifier = new_id()
        task = self.background(
            caller,
            self.runner.action(
                by or caller, found, payload, identifier=identifier, transaction=transaction
            ),
        )
        if wait is not None:
            await asyncio.wait({task}, timeout=wait)
            if task.cancelled():
                return identifier, None  # the service is ending: it was not this call's fault
            if task.done():
                return identifier, task.result()
        if not task.done():
            self.accept(by or caller, found, identifier)
        return identifier, None

    def accept(self, caller: Identity, found: ResolvedAction, identifier: str) -> None:
        """The caller is told an id before the end."""
        self.activations.accept(self.runner.begin(caller, found, identifier))

    def start(self) -> None:
        """Go on with what runs by itself: alarms of before."""
        self.alarm_clock.start()

    def install_catalog(self) -> None:
        """Install /whisk.system, as the job install-packages does."""
        catalog.install(self)

    def wipe(self) -> None:
        """Remove all actions and activations, as init-couchdb does at each installation.

        The same job writes the keys that the release has now.
        """
        self.store.wipe()
        self.subjects.seed(*self._keys)

    async def settled(self) -> None:
        """Wait for invocations that nobody waits for."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """End the processes of actions."""
        await self.alarm_clock.stop()
        for task in list(self._tasks):
            task.cancel()
        await self.invoker.close()
        shutil.rmtree(self._directory, ignore_errors=True)
