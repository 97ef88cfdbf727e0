"""What a program prints when Ctrl-C has ended it."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.machines.machine import Machine
from tests.pocket.shell.test_jobs import Terminal
from tests.waiting import eventually


async def pinged(master: Machine, *, kill: bool) -> str:
    """`ping` goes on until it is ended: what it has printed then."""
    out = bytearray()

    async def keep(data: bytes) -> None:
        out.extend(data)

    session = master.session()
    running = asyncio.ensure_future(session.run("ping -i 0.01 worker1; echo after", keep, keep))
    await eventually(lambda: b"icmp_seq=2 " in out)
    if kill:
        session.kill()
        await running
    else:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    return out.decode()


async def test_ping_tells_its_statistics(master: Machine) -> None:
    out = await pinged(master, kill=False)
    sent = out.count("icmp_seq=")
    assert f"\n--- worker1 ping statistics ---\n{sent} packets transmitted, {sent} received" in out
    assert "after" not in out


async def test_what_is_killed_says_nothing(master: Machine) -> None:
    out = await pinged(master, kill=True)
    assert "icmp_seq=2 " in out
    assert "statistics" not in out
    assert "after" not in out


async def test_a_stopped_one_that_is_back_in_the_foreground(master: Machine) -> None:
    terminal = Terminal(master)
    assert "Stopped" in await terminal.type_and_stop("ping worker1", after="icmp_seq=1 ")
    typing = asyncio.ensure_future(terminal.type("fg"))
    await eventually(lambda: b"icmp_seq=2 " in terminal.seen)
    typing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await typing
    assert "--- worker1 ping statistics ---" in terminal.seen.decode()
    assert await terminal.type("jobs; echo on") == "on\n"


@pytest.mark.parametrize(("signal", "words"), [("TERM", "Terminated"), ("KILL", "Killed")])
async def test_a_stopped_one_that_is_killed(master: Machine, signal: str, words: str) -> None:
    terminal = Terminal(master)
    await terminal.type_and_stop("ping worker1", after="icmp_seq=1 ")
    await terminal.type(f"kill -{signal} %1")
    seen = await terminal.told(words)
    assert "statistics" not in seen


async def test_what_runs_in_the_background_is_not_waited_for(master: Machine) -> None:
    terminal = Terminal(master)
    await terminal.type("ping worker1 > /dev/null &")
    await terminal.type_and_stop("ping worker2", after="icmp_seq=1 ")
    typing = asyncio.ensure_future(terminal.type("ping storage"))
    await eventually(lambda: b"PING storage" in terminal.seen)
    typing.cancel()
    async with asyncio.timeout(4):
        with pytest.raises(asyncio.CancelledError):
            await typing
    assert "--- storage ping statistics ---" in terminal.seen.decode()
    seen = await terminal.type("jobs")
    assert "Running" in seen
    assert "Stopped" in seen
    await terminal.type("kill -KILL %1 %2")
    await eventually(lambda: not terminal.session.background())
