"""A machine with helm installed, and a shell on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from owlab.pocket.charts import git_tree
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.state import InstalledSnap
from owlab.pocket.service.lab import PocketLab


@dataclass(frozen=True)
class Ran:
    """What a line did."""

    status: int
    out: str
    err: str


Shell = Callable[..., Ran]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """The master, with Helm's snap and a clone of the chart's repository."""
    machine = Machine("master", "127.9.8.7", PocketLab(tmp_path))
    machine.state.snaps = {"helm": InstalledSnap()}
    for path, content in git_tree().items():
        machine.write(f"/home/ubuntu/openwhisk-deploy-kube/{path}", content, owner="ubuntu")
    values = Path(__file__).with_name("mycluster.yaml").read_bytes()
    machine.write("/home/ubuntu/mycluster.yaml", values, owner="ubuntu")
    machine.own("/home/ubuntu", "ubuntu")
    return machine


@pytest.fixture
def shell(machine: Machine) -> Shell:
    """Runs lines on the machine, one shell each, files shared."""

    def run(script: str, stdin: bytes = b"") -> Ran:
        out, err = bytearray(), bytearray()

        async def keep_out(data: bytes) -> None:
            out.extend(data)

        async def keep_err(data: bytes) -> None:
            err.extend(data)

        async def go() -> int:
            session = machine.session()
            return await session.run(script, keep_out, keep_err, stdin=stdin or None)

        status = asyncio.run(go())
        return Ran(status, out.decode(), err.decode())

    return run
