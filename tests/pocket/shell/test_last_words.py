"""What a program prints when Ctrl-C has ended it."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import pytest

from owlab.pocket.ground.streams import nowhere
from owlab.pocket.machines.machine import Machine, Spec
from tests.pocket.programs.conftest import NotedLab
from tests.pocket.shell.test_jobs import Terminal
from tests.waiting import eventually

STATISTICS = "--- worker1 ping statistics ---"


def in_file(machine: Machine) -> bytes:
    try:
        return machine.files.read_file("/home/ubuntu/f")
    except OSError:
        return b""


async def pinged(
    master: Machine, *, kill: bool = False, line: str = "ping -i 0.01 worker1; echo after"
) -> str:
    """`ping` goes on until it is ended: what it has printed then."""
    out = bytearray()

    async def keep(data: bytes) -> None:
        out.extend(data)

    session = master.session()
    running = asyncio.ensure_future(session.run(line, keep, keep))
    await eventually(lambda: b"icmp_seq=2 " in out or b"icmp_seq=2 " in in_file(master))
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
    told = re.search(rf"\n{STATISTICS}\n(\d+) packets transmitted, (\d+) received, 0% ", out)
    assert told is not None
    # The line of the last one may be lost: Ctrl-C came while it was printed.
    assert int(told[1]) == int(told[2]) in (seen := out.count("icmp_seq="), seen + 1)
    assert "after" not in out


@pytest.mark.parametrize(
    "line",
    [
        "sudo {}",
        "sudo sudo {}",
        "timeout 60 {}",
        "bash -c '{}'",
        "sudo bash -c 'sudo {}'",
        "for i in 1; do {} || break; done",
    ],
)
async def test_ping_within_another_program(master: Machine, line: str) -> None:
    out = await pinged(master, line=line.format("ping -i 0.01 worker1"))
    assert out.count(STATISTICS) == 1


@pytest.mark.parametrize("line", ["{} > f", "{} >> f 2>&1", "sudo {} > f"])
async def test_what_goes_into_a_file(master: Machine, line: str) -> None:
    out = await pinged(master, line=line.format("ping -i 0.01 worker1"))
    assert STATISTICS not in out
    assert in_file(master).decode().count(STATISTICS) == 1


@pytest.mark.parametrize("line", ["{} | tee f", "x=$({} | tee f); echo $x", "echo a > g; {} > f"])
async def test_what_goes_nowhere(master: Machine, line: str) -> None:
    """Who would read it is ended as well; or the lab cannot tell where it goes."""
    out = await pinged(master, line=line.format("ping -i 0.01 worker1"))
    assert STATISTICS not in out + in_file(master).decode()


@pytest.mark.parametrize(
    ("signal", "seconds", "told"), [("INT", 2, 1), ("TERM", 0.5, 0), ("KILL", 0.5, 0)]
)
async def test_ping_that_timeout_ends(
    master: Machine, signal: str, seconds: float, told: int
) -> None:
    out = bytearray()

    async def keep(data: bytes) -> None:
        out.extend(data)

    line = f"timeout -s {signal} {seconds} ping -i 0.01 worker1; echo ended $?"
    await master.session().run(line, keep, keep)
    assert out.decode().count(STATISTICS) == told
    assert out.endswith(b"ended 137\n" if signal == "KILL" else b"ended 124\n")


async def test_a_file_at_a_terminal(master: Machine) -> None:
    terminal = Terminal(master)
    typing = asyncio.ensure_future(terminal.type("ping -i 0.01 worker1 > f"))
    await eventually(lambda: b"icmp_seq=2 " in in_file(master))
    typing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await typing
    assert STATISTICS in in_file(master).decode()
    assert STATISTICS not in terminal.seen.decode()


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


@pytest.mark.parametrize("line", ["ping -i 0.01 worker1", "sudo ping -i 0.01 worker1", "sleep 60"])
def test_a_service_that_ends_waits_for_nobody(tmp_path: Path, line: str) -> None:
    """What runs is cancelled, twice where it cleans up, while its interpreter is still busy."""

    async def left_running() -> None:
        lab = NotedLab(tmp_path)
        for name in ("master", "worker1"):
            lab.fleet.reserve(name)
            await lab.fleet.launch(name, Spec())
        session = lab.fleet.machines["master"].session()
        running = asyncio.ensure_future(session.run(line, nowhere, nowhere))
        await asyncio.sleep(0.2)
        running.cancel()
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(left_running()), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
