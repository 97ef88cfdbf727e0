"""A lab without a process around it, and its multipass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from owlab.pocket.multipass.command import multipass
from owlab.pocket.multipass.invocation import Invocation, RealFiles
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.runs import RunInput


@dataclass
class Outcome:
    """What a command did."""

    status: int
    out: str
    err: str


@dataclass
class Driver:
    """Types multipass commands, and scripts on machines."""

    lab: PocketLab
    cwd: Path
    labs: list[PocketLab] = field(default_factory=list)

    async def __call__(self, *words: str, stdin: bytes = b"") -> Outcome:
        out, err = bytearray(), bytearray()

        async def to_out(data: bytes) -> None:
            out.extend(data)

        async def to_err(data: bytes) -> None:
            err.extend(data)

        given = RunInput()
        if stdin:
            given.feed(stdin)
        given.feed(b"")
        call = Invocation(list(words), self.lab, to_out, to_err, given, RealFiles(str(self.cwd)))
        status = await multipass(call)
        return Outcome(status, out.decode(), err.decode())

    async def on(self, machine: str, script: str, stdin: bytes = b"") -> Outcome:
        """Run a script as ``multipass exec MACHINE -- bash -c SCRIPT`` does."""
        return await self("exec", machine, "--", "bash", "-c", script, stdin=stdin)

    async def reopened(self) -> Driver:
        """The lab as it is for the next process, after this one was killed."""
        self.lab.network.release()
        for task in list(self.lab._tasks):
            task.cancel()
        return Driver(PocketLab(self.lab.directory), self.cwd)


@pytest.fixture
async def mp(tmp_path: Path) -> AsyncIterator[Driver]:
    """multipass in a new lab."""
    directory = tmp_path / "a lab"
    directory.mkdir()
    driver = Driver(PocketLab(directory), tmp_path)
    yield driver
    await driver.lab.stop()
    await asyncio.sleep(0)


@pytest.fixture
async def master(mp: Driver) -> Driver:
    """The same, with machine ``master``."""
    assert (await mp("launch", "--name", "master")).status == 0
    return mp
