"""The wiring of one pocket lab: database, clock, machines, cluster, OpenWhisk."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any, Unpack, cast

from owlab.pocket.ground.clock import Clock, Speed
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.ground.tls import Authority
from owlab.pocket.machines import addresses
from owlab.pocket.machines.fleet import Fleet
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.views import ShellOptions
from owlab.pocket.multipass import laptop  # noqa: F401  registers what the laptop has
from owlab.pocket.network.routes import Routes
from owlab.pocket.programs.catalog import furnish
from owlab.pocket.service.hosting import Hosting
from owlab.pocket.shell.shell_session import ShellSession

log = logging.getLogger(__name__)

SCHEMA = "CREATE TABLE IF NOT EXISTS lab (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"


class PocketLab:
    """Everything of one lab. Programs reach it as ``call.lab``."""

    def __init__(self, directory: Path, speed: str | None = None) -> None:
        self.directory = directory
        self.db = Database(directory / "lab.sqlite")
        self.db.schema(SCHEMA)
        self.clock = Clock()
        self.set_speed(speed or self.recall("speed") or "instant")
        self.authority = Authority(directory)
        self.network = addresses.claim(directory, self.recall("network"))
        if not self.network.shared:
            self.remember("network", self.network.prefix)
        self._tasks: set[asyncio.Future[Any]] = set()
        self.fleet = Fleet(self)
        self.routes = Routes(self.fleet, self.clock)
        self.hosting = Hosting(self)
        self.fleet.on_change(self.hosting.poke)

    def set_speed(self, speed: str) -> None:
        """How long things take from now on, also for the next process."""
        self.clock.speed = cast(Speed, speed)
        self.remember("speed", speed)

    def recall(self, name: str) -> str | None:
        """A setting of the lab, or None."""
        row = self.db.row("SELECT value FROM lab WHERE name = ?", name)
        return str(row[0]) if row else None

    def remember(self, name: str, value: str) -> None:
        """Keep a setting of the lab."""
        self.db.run("INSERT OR REPLACE INTO lab VALUES (?, ?)", name, value)

    def forget(self, *names: str) -> None:
        """Drop settings of the lab."""
        for name in names:
            self.db.run("DELETE FROM lab WHERE name = ?", name)

    def keep(self, machine: Machine) -> None:
        """Make a machine's files and state durable."""
        self.fleet.keep(machine)

    def status(self) -> dict[str, Any]:
        """What ``owlab status`` shows of the lab itself."""
        return {
            "directory": str(self.directory),
            "pid": os.getpid(),
            "speed": self.clock.speed,
            "network": self.network.prefix or addresses.SHARED,
            "problems": self.hosting.problems(),
            "machines": [
                {"name": m.name, "state": m.status, "address": m.address}
                for m in self.fleet.listed()
            ],
        }

    def shell(self, machine: Machine, user: str, **options: Unpack[ShellOptions]) -> ShellSession:
        """A new shell on a machine."""
        return ShellSession(machine, user=user, **options)

    def furnish(self, machine: Machine) -> None:
        """Show the programs that the machine has, at their places."""
        furnish(machine)

    def kubeconfig(self) -> str | None:
        """For clients of the cluster, or None while there is none."""
        return self.hosting.kubeconfig()

    def wskprops(self) -> str | None:
        """For clients of OpenWhisk, or None while it does not answer."""
        return self.hosting.wskprops()

    def save(self, path: Path) -> None:
        """Write a consistent copy of all that the lab knows."""
        for machine in list(self.fleet.machines.values()):
            self.keep(machine)
        path.parent.mkdir(exist_ok=True)
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        self.db.backup(beside)
        beside.replace(path)

    def background(self, task: asyncio.Future[Any]) -> None:
        """Hold on to work that may outlive the command that asked for it."""
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("background work failed: %s", error)

    async def start(self) -> None:
        """Bring up what was up when the service last ended."""
        await self.hosting.resume()
        self.background(asyncio.ensure_future(self._keep_busy_machines()))

    async def stop(self) -> None:
        """Make everything durable, and end what runs."""
        for machine in list(self.fleet.machines.values()):
            machine.cancel_shutdown()
            for session in list(machine.sessions):
                session.kill()
        await self.hosting.stop()
        for task in list(self._tasks):
            task.cancel()
        self._keep_all()
        self.network.release()
        self.db.close()

    async def _keep_busy_machines(self) -> None:
        """What a long command writes is durable while it still runs."""
        while True:
            await asyncio.sleep(1)
            self._keep_all(busy=True)

    def _keep_all(self, *, busy: bool = False) -> None:
        for machine in list(self.fleet.machines.values()):
            if machine.sessions or not busy:
                try:
                    self.keep(machine)
                except DiskFull as error:
                    log.error("the files of %s were not kept: %s", machine.name, error)
