"""Machines to type on: a lab without a service, and a cluster that only takes notes."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from owlab.pocket.kube.images import Registries
from owlab.pocket.machines.machine import Machine, Spec
from owlab.pocket.service.hosting import Hosting
from owlab.pocket.service.lab import PocketLab


@dataclass
class Typed:
    """What a script printed, and its exit status."""

    out: str
    err: str
    status: int

    def __str__(self) -> str:
        return self.out + self.err


class NotedHosting(Hosting):
    """Its clusters exist on paper: who started, joined and left."""

    def __init__(self, lab: PocketLab) -> None:
        super().__init__(lab)
        self.noted: list[tuple[str, ...]] = []
        self.passwords: dict[str, str] = {}

    async def start_cluster(self, machine: str, version: str, args: list[str]) -> None:
        self.noted.append(("start", machine, version, " ".join(args)))

    async def join(self, machine: str, role: str, version: str, args: list[str]) -> None:
        self.noted.append(("join", machine, role, version))

    def accepts_node(self, node: str, password: str) -> bool:
        return self.passwords.setdefault(node, password) == password

    def has_node(self, node: str) -> bool:
        return node in self.passwords

    def has_image(self, image: str) -> bool:
        return Registries().have(image)

    async def leave(self, machine: str) -> None:
        self.noted.append(("leave", machine))

    def kubeconfig(self) -> str | None:
        server = self._lab.fleet.machines["master"].address
        authority = base64.b64encode(self._lab.authority.pem).decode()
        cluster = {"server": f"https://{server}:6443", "certificate-authority-data": authority}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "default", "cluster": cluster}],
                "contexts": [
                    {"name": "default", "context": {"cluster": "default", "user": "default"}}
                ],
                "current-context": "default",
                "users": [{"name": "default", "user": {"token": "secret"}}],
            }
        )


class NotedLab(PocketLab):
    """A lab with such a cluster."""

    hosting: NotedHosting

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.hosting = NotedHosting(self)

    @property
    def noted(self) -> list[tuple[str, ...]]:
        return self.hosting.noted


Type = Callable[..., Awaitable[Typed]]


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[NotedLab]:
    """A lab with the guide's four machines."""
    made = NotedLab(tmp_path)
    for name in ("master", "worker1", "worker2", "storage"):
        made.fleet.reserve(name)
        await made.fleet.launch(name, Spec(cpus=2))
    yield made
    await made.stop()


@pytest.fixture
def on(lab: NotedLab) -> Type:
    """``await on("master", "SCRIPT")`` types a script in a new shell on a machine."""

    async def type_(machine: str, script: str, stdin: bytes | None = None) -> Typed:
        out, err = bytearray(), bytearray()

        async def write_out(data: bytes) -> None:
            out.extend(data)

        async def write_err(data: bytes) -> None:
            err.extend(data)

        session = lab.fleet.machines[machine].session()
        status = await session.run(script, write_out, write_err, stdin=stdin)
        return Typed(out.decode(errors="replace"), err.decode(errors="replace"), status)

    return type_


@pytest.fixture
def master(lab: NotedLab) -> Machine:
    return lab.fleet.machines["master"]
