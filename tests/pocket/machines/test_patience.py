"""``--timeout``: the client goes away, and what it began goes on."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.multipass import launch, verbs
from tests.pocket.machines.conftest import Driver
from tests.waiting import eventually


@pytest.mark.parametrize(
    ("line", "work", "said"),
    [
        ("restart master", "restart", "Timed out waiting for instance to restart.\n"),
        ("restart --all", "restart", "Timed out waiting for instance to restart.\n"),
        ("start master", "start", "Timed out waiting for instance to start.\n"),
        ("start --all", "start", "Timed out waiting for instance to start.\n"),
        ("launch --name late", "launch", "Timed out waiting for instance launch.\n"),
    ],
)
async def test_the_work_goes_on(master: Driver, monkeypatch, line, work, said) -> None:
    may_end, done = asyncio.Event(), []
    fleet = master.lab.fleet
    real = getattr(fleet, work)

    async def slowly(*words: object) -> object:
        await may_end.wait()
        found = await real(*words)
        done.append(work)
        return found

    monkeypatch.setattr(fleet, work, slowly)
    for module in (launch, verbs):
        monkeypatch.setattr(module, "chosen_timeout", lambda _: 0.01)
    told = await master(*line.split(), "--timeout", "1")
    assert (told.status, told.out, told.err) == (5, "", said)
    assert done == []
    may_end.set()
    await eventually(lambda: done == [work])
