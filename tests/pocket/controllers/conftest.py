"""A cluster on a fake fleet: machines are plain values that a test changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube.admission import admit
from owlab.pocket.kube.cluster import Cluster
from owlab.pocket.kube.containers.disk import directory_of, same
from owlab.pocket.kube.controllers.certificate_signing import CertificateSigner
from owlab.pocket.kube.store import Store
from owlab.pocket.machines.tree import Mounted, Tree
from owlab.pocket.openwhisk.deployment import Deployment

VERSION = "v1.33.1+k3s1"


@dataclass
class Spec:
    cpus: int = 2
    memory: int = 4 * 2**30


@dataclass
class FakeMachine:
    name: str
    address: str
    running: bool = True
    active: bool = True
    spec: Spec = field(default_factory=Spec)
    files: dict[str, bytes] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    modes: dict[str, int] = field(default_factory=dict)
    pulled: set[str] = field(default_factory=set)
    tree: Tree = field(default_factory=Tree)

    def service_active(self, unit: str) -> bool:
        return self.running and self.active

    def package_installed(self, package: str) -> bool:
        return True

    def images(self) -> set[str]:
        return set(self.pulled)

    def add_image(self, image: str) -> None:
        self.pulled.add(image)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, path: str, content: bytes, mode: int = 0o644, owner: str = "root") -> None:
        self.files[path] = content

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        self.directories.add(path)
        self.modes[path] = mode

    def rename(self, old: str, new: str) -> None:
        self.directories.discard(old)
        self.directories.add(new)

    def remove(self, path: str) -> None:
        self.directories.discard(path)

    def save(self) -> None:
        pass

    def listdir(self, path: str) -> list[str] | None:
        start = path.rstrip("/") + "/"
        below = sorted(d.removeprefix(start) for d in self.directories if d.startswith(start))
        return below if below or path in {"/etc", *self.directories} else None


class FakeFleet:
    def __init__(self, *names: str) -> None:
        self.machines = {n: FakeMachine(n, f"127.9.0.{i}") for i, n in enumerate(names, 1)}
        self.nfs: dict[str, str] = {}
        """Why mounting fails, by client."""

    def get(self, name: str) -> FakeMachine | None:
        return self.machines.get(name)

    def nfs_server(self, address: str) -> FakeMachine | None:
        return next((m for m in self.machines.values() if m.address == address), None)

    def all(self) -> list[MachineView]:
        return list(self.machines.values())

    def nfs_mounted(
        self, client: str, address: str, export: str, path: str, read_only: bool
    ) -> Mounted | None:
        server = next((m for m in self.machines.values() if m.address == address), None)
        if server is None:
            return None
        return Mounted(server.tree, directory_of(server.tree, path), read_only, same)

    def nfs_error(self, client: str, server: str, path: str) -> str | None:
        return self.nfs.get(client)


class Bench:
    """A running cluster, and short ways to use it."""

    def __init__(self, signer: CertificateSigner | None = None) -> None:
        self._signer = signer
        self.db = Database(":memory:")
        self.fleet = FakeFleet("master", "worker1", "worker2")
        self.clock = Clock()
        self._open()

    def _open(self) -> None:
        self.openwhisk = Deployment()
        self.cluster = Cluster(
            self.db, self.clock, self.fleet, signer=self._signer, software=[self.openwhisk]
        )

    @property
    def store(self) -> Store:
        return self.cluster.store

    async def start(self) -> None:
        await self.cluster.start()
        for name in self.fleet.machines:
            role = "server" if name == "master" else "agent"
            self.cluster.join(name, role=role, version=VERSION, args=[])
        await self.settle()

    async def restart(self) -> None:
        """The service ends and another begins on the same database."""
        await self.cluster.stop()
        self._open()
        await self.cluster.start()
        await self.settle()

    async def settle(self) -> None:
        """Until nothing happens any more, short commands of containers included."""
        for _ in range(8):
            self.cluster.machines_changed()
            assert await self.cluster.settled(20)
            await asyncio.sleep(0.02)

    async def make(self, obj: Object) -> None:
        admit(self.store, obj)
        await self.settle()

    def pods(self, namespace: str = "default") -> list[Object]:
        return self.store.list("Pod", namespace)

    def messages(self, reason: str) -> list[str]:
        return [e["message"] for e in self.store.list("Event") if e["reason"] == reason]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.start()
    yield made
    await made.cluster.stop()
    made.store.verify()
