"""The machines of the lab, and what Multipass can do to them. Implements ``views.FleetView``."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from owlab.pocket.machines import hosts, images, mounts, units
from owlab.pocket.machines.disk import DiskImage, Disks
from owlab.pocket.machines.machine import HOST, Machine, Spec
from owlab.pocket.machines.refusals import Refused, several
from owlab.pocket.machines.sizes import valid_name
from owlab.pocket.machines.snapshots import Snapshot
from owlab.pocket.machines.state import MachineState
from owlab.pocket.machines.tree import Mounted

if TYPE_CHECKING:
    from owlab.pocket.machines.views import LabView

MOST_MACHINES = 64
DELETED = "Deleted"
# Seconds that these take on real machines.
LAUNCH, START, STOP, SUSPEND, RESUME = 38.0, 14.0, 6.0, 4.0, 3.0
GRACE = 0.05
"""Seconds in which a shell can end by itself."""

WORDS = (
    "agile amber bold brave bright calm clever daring eager gentle happy keen lively lucky merry "
    "nimble noble patient proud quick quiet rapid sunny swift wise",
    "badger bee crane dolphin dove eagle falcon finch fox gecko hare heron ibis kiwi lark lynx "
    "marten mole newt otter owl plover robin seal swan tern vole wren",
)


class Fleet:
    """Every machine of the lab by name, and the laptop."""

    def __init__(self, lab: LabView) -> None:
        self._lab = lab
        self._disks = Disks(lab.db)
        self._listeners: list[Callable[[], None]] = []
        self._preparing: set[str] = set()
        self.machines: dict[str, Machine] = {}
        self._load()
        if HOST not in self.machines:
            laptop = Machine(HOST, "127.0.0.1", lab)
            images.install(laptop)
            lab.furnish(laptop)
            self.machines[HOST] = laptop
            self.keep(laptop)

    def _load(self) -> None:
        for name, data in self._disks.names():
            machine = Machine(
                name,
                data["address"],
                self._lab,
                status=data["status"],
                spec=Spec.from_json(data["spec"]),
                state=MachineState.from_json(data["state"]),
                snapshots={
                    name: Snapshot.from_json(kept)
                    for name, kept in data.get("snapshots", {}).items()
                },
            )
            # What was on its way when the service ended has arrived, or never started.
            if machine.status in ("Starting", "Restarting"):
                machine.status = "Running"
            elif machine.status in ("Suspending", "Delayed Shutdown"):
                machine.status = "Suspended" if machine.status == "Suspending" else "Stopped"
            if name != HOST:
                machine.address = self._lab.network.move(machine.address)
            self._disks.load(machine)
            self._lab.furnish(machine)
            self.machines[name] = machine
        for machine in self.machines.values():
            mounts.restore(machine, self)

    # FleetView

    def get(self, name: str) -> Machine | None:
        """The machine of that name, or that K3s calls so, unless it is deleted."""
        machine = self.machines.get(name) or self._node(name)
        return None if machine is None or machine.status == DELETED or machine.is_host else machine

    def _node(self, name: str) -> Machine | None:
        """The machine whose K3s was told another name than the machine's."""
        known = self.machines.values()
        return next((m for m in known if m.state.k3s.node == name), None)

    def nfs_server(self, address: str) -> Machine | None:
        """The running machine of this address or host name, the one that serves NFS if several."""
        return hosts.find(self, address, "nfs-server")

    def all(self) -> list[Machine]:
        """Every machine that is not deleted, by name."""
        return [m for m in self.listed() if m.status != DELETED]

    def nfs_error(self, client: str, server: str, path: str) -> str | None:
        """Why a mount of ``server:path`` fails on ``client``, in mount's words, or None."""
        machine = self.get(client)
        if machine is None:
            return f"no machine {client}"
        return mounts.error(machine, self.nfs_server(server), server, path)

    def nfs_mounted(
        self, client: str, address: str, export: str, path: str, read_only: bool
    ) -> Mounted | None:
        """A path below a server's export, as pods on a client have it."""
        server = self.nfs_server(address)
        if server is None:
            return None
        return mounts.mounted(self.get(client), server, export, path, read_only)

    # for the service

    @property
    def host(self) -> Machine:
        """The laptop."""
        return self.machines[HOST]

    def listed(self) -> list[Machine]:
        """Every virtual machine, deleted ones too, by name."""
        return [m for _, m in sorted(self.machines.items()) if not m.is_host]

    def on_change(self, listener: Callable[[], None]) -> None:
        """Be told after a machine appeared, went, started or stopped."""
        self._listeners.append(listener)

    def changed(self, *machines: Machine) -> None:
        """Keep what changed, and tell the listeners."""
        for machine in machines:
            self.keep(machine)
        for listener in self._listeners:
            listener()

    def keep(self, machine: Machine) -> None:
        """Make a machine durable, unless it was purged meanwhile."""
        if self.machines.get(machine.name) is machine:
            self._disks.save(machine, _data(machine))

    # what Multipass does

    def named(self, names: Iterable[str], *, deleted: bool = False) -> list[Machine]:
        """The machines of these names; one that is missing refuses all."""
        found, errors = [], []
        for name in dict.fromkeys(names):
            machine = self.machines.get(name)
            if machine is None or machine.is_host:
                errors.append(f'instance "{name}" does not exist')
            elif machine.status == DELETED and not deleted:
                errors.append(f'instance "{name}" is deleted')
            else:
                found.append(machine)
        if errors:
            raise several(errors)
        return found

    async def until_up(self, machine: Machine) -> None:
        """Wait while another command starts the machine."""
        while machine.status in ("Starting", "Restarting"):
            await asyncio.sleep(0.02)

    def disk_image(self, machine: Machine) -> DiskImage:
        """A machine's files as they are now, as JSON."""
        return self._disks.image(machine)

    def restore_image(self, machine: Machine, image: DiskImage) -> None:
        """Replace a machine's files."""
        machine.replace_files(self._disks.filled(image))
        self._lab.furnish(machine)
        self.keep(machine)

    def random_name(self) -> str:
        """A name that is free."""
        while True:
            name = "-".join(random.choice(words.split()) for words in WORDS)
            if name not in self.machines:
                return name

    def reserve(self, name: str) -> None:
        """Refuse a name that cannot be or is taken; hold it until the machine is there."""
        if name == HOST:
            reason = f"Invalid instance name supplied: {name} (it is the laptop of the pocket lab)"
            raise Refused("Invalid arguments supplied", reason)
        if not valid_name(name):
            raise Refused("Invalid arguments supplied", f"Invalid instance name supplied: {name}")
        if name in self._preparing:
            raise Refused(f'instance "{name}" is being prepared')
        if name in self.machines:
            raise Refused(f'instance "{name}" already exists')
        if len(self.machines) + len(self._preparing) > MOST_MACHINES:
            raise Refused(f"The pocket lab carries at most {MOST_MACHINES} machines")
        self._preparing.add(name)

    async def launch(self, name: str, spec: Spec) -> Machine:
        """Create and start a machine whose name was reserved."""
        try:
            taken = [m.address for m in self.machines.values()]
            machine = Machine(
                name, self._lab.network.address(taken), self._lab, status="Starting", spec=spec
            )
            images.install(machine)
            self._lab.furnish(machine)
            self.machines[name] = machine
            try:
                self.changed(machine)
            except BaseException:
                del self.machines[name]
                raise
        finally:
            self._preparing.discard(name)
        await self._lab.clock.pause(LAUNCH)
        if machine.status == "Starting":
            machine.status = "Running"
            units.came_up(machine)
            self.changed(machine)
        return machine

    async def start(self, machine: Machine) -> None:
        """Boot, or resume what was suspended."""
        if machine.status == "Delayed Shutdown":
            machine.cancel_shutdown()
            machine.status = "Running"
            self.changed(machine)
        if machine.status in ("Running", "Starting", "Restarting"):
            return
        resumed = machine.status == "Suspended"
        machine.status = "Starting"
        self.changed(machine)
        await self._lab.clock.pause(RESUME if resumed else START)
        if not resumed:
            machine.boot()
        machine.status = "Running"
        if not resumed:
            units.came_up(machine)
        self.changed(machine)

    async def stop(self, machine: Machine) -> None:
        """Shut down: what runs there ends."""
        machine.cancel_shutdown()
        if machine.status not in ("Stopped", DELETED):
            await self._end_sessions(machine)
            await self._lab.clock.pause(STOP)
            machine.status = "Stopped"
            self.changed(machine)
            await self._lab.hosting.settle()

    def stop_later(self, machine: Machine, minutes: float) -> None:
        """Shut down after some minutes."""
        machine.cancel_shutdown()
        machine.status = "Delayed Shutdown"

        async def wait() -> None:
            await asyncio.sleep(minutes * 60)
            machine.shutdown = None
            await self.stop(machine)

        machine.shutdown = asyncio.get_running_loop().create_task(wait())
        self.changed(machine)

    def go_down(self, machine: Machine, *, again: bool) -> None:
        """Shut down, or boot again, from inside: when the shell that asks for it has ended."""

        async def go() -> None:
            await asyncio.sleep(GRACE)
            await (self.restart(machine) if again else self.stop(machine))

        self._lab.background(asyncio.ensure_future(go()))

    async def suspend(self, machine: Machine) -> None:
        """Freeze: memory and what runs come back with the next start."""
        if machine.running:
            machine.cancel_shutdown()
            machine.status = "Suspending"
            self.changed(machine)
            await self._end_sessions(machine)
            await self._lab.clock.pause(SUSPEND)
            machine.status = "Suspended"
            self.changed(machine)
            await self._lab.hosting.settle()

    async def restart(self, machine: Machine) -> None:
        """Shut down and boot."""
        machine.cancel_shutdown()
        machine.status = "Restarting"
        self.changed(machine)
        await self._end_sessions(machine)
        await self._lab.clock.pause(STOP + START)
        machine.boot()
        machine.status = "Running"
        units.came_up(machine)
        self.changed(machine)

    async def delete(self, machine: Machine) -> None:
        """Put into the bin, from where it can be recovered."""
        if machine.status != DELETED:
            machine.cancel_shutdown()
            await self._end_sessions(machine)
            if machine.status == "Running":
                await self._lab.clock.pause(STOP)
            machine.status = DELETED
            self.changed(machine)
            await self._lab.hosting.settle()

    def recover(self, machine: Machine) -> None:
        """Take out of the bin."""
        if machine.status == DELETED:
            machine.status = "Stopped"
            self.changed(machine)

    async def purge(self, machine: Machine) -> None:
        """Destroy, with its disk."""
        machine.cancel_shutdown()
        machine.status = DELETED
        self.machines.pop(machine.name, None)
        await self._end_sessions(machine)
        self._disks.forget(machine.name)
        self.changed()
        await self._lab.hosting.purged(machine)

    async def _end_sessions(self, machine: Machine) -> None:
        """What runs on a machine that goes down ends with it."""
        for session in list(machine.sessions):
            session.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                while machine.sessions:
                    await asyncio.sleep(0.01)


def _data(machine: Machine) -> dict[str, Any]:
    return {
        "address": machine.address,
        "status": machine.status,
        "spec": asdict(machine.spec),
        "state": machine.state.as_json(),
        "snapshots": {name: kept.as_json() for name, kept in machine.snapshots.items()},
    }
