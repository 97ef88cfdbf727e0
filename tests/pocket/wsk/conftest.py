"""A machine with wsk, and an OpenWhisk that it reaches over HTTPS."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from owlab.pocket.ground import internet
from owlab.pocket.machines.machine import Machine
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.servers import Listener

from ..openwhisk.conftest import GUEST, SYSTEM, FakePods


@dataclass(frozen=True)
class Ran:
    """What a line did."""

    status: int
    out: str
    err: str


Shell = Callable[[str], Awaitable[Ran]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine("master", "127.9.8.7", PocketLab(tmp_path))
    machine.write("/usr/local/bin/wsk", internet.WSK_BINARY, mode=0o755)
    for home in ("/root", "/home/ubuntu"):
        machine.mkdir(home)
    machine.own("/home/ubuntu", "ubuntu")
    return machine


@pytest.fixture
def limits() -> dict[str, Any]:
    return {"invocations_per_minute": 1000}


@pytest.fixture
async def host(machine: Machine, limits: dict[str, Any]) -> AsyncIterator[str]:
    """Where OpenWhisk answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    lab = cast(PocketLab, machine.lab)
    made = Service(
        lab.db,
        lab.clock,
        FakePods(),
        guest_key=GUEST,
        system_key=SYSTEM,
        limits=limits,
        apihost=f"127.0.0.1:{port}",
        stem_cells=False,
    )
    made.install_catalog()
    listener = Listener(openwhisk_app(made), port, lab.authority.issue("ow", ["127.0.0.1"]))
    await listener.listen(["127.0.0.1"])
    yield f"127.0.0.1:{port}"
    await listener.close()
    await made.stop()


@pytest.fixture
def shell(machine: Machine) -> Shell:
    """Runs lines on the machine, one shell each, files shared."""

    async def run(script: str) -> Ran:
        out, err = bytearray(), bytearray()

        async def keep_out(data: bytes) -> None:
            out.extend(data)

        async def keep_err(data: bytes) -> None:
            err.extend(data)

        status = await machine.session().run(script, keep_out, keep_err)
        return Ran(status, out.decode(), err.decode())

    return run


@pytest.fixture
async def configured(shell: Shell, host: str) -> str:
    ran = await shell(
        f"sudo wsk property set --apihost {host}\nsudo wsk property set --auth {GUEST} > /dev/null"
    )
    assert (ran.status, ran.out) == (0, f"ok: whisk API host set to {host}\n"), ran
    return host
