"""watch and su: commands that run other commands."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.machines.machine import Machine

from .conftest import Type


async def test_again_and_again_until_interrupted(master: Machine) -> None:
    shown: list[bytes] = []

    async def keep(data: bytes) -> None:
        shown.append(data)

    line = "watch -n 0.1 'date +%s | wc -c'"
    running = asyncio.create_task(master.session().run(line, keep, keep))
    while len(shown) < 3:
        await asyncio.sleep(0.02)
        assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert shown[-1] == b"\x1b[H\x1b[2JEvery 0.1s: date +%s | wc -c\n\n11\n"
    assert not master.sessions


async def test_until_the_output_changes(on: Type) -> None:
    typed = await on("master", "watch -t -g -n 0.1 'date +%N'")
    assert typed.status == 0
    assert typed.out.count("\x1b[2J") == 2


@pytest.mark.parametrize(
    ("words", "every"),
    [
        ("-n 0.2", "0.2"),
        ("-n0.2", "0.2"),
        ("--interval=0.2", "0.2"),
        ("--interval 0.2", "0.2"),
        ("-n 0.001", "0.1"),
        ("-n 2", "2.0"),
        ("-d -c", "2.0"),
        ("", "2.0"),
    ],
)
async def test_how_often(on: Type, words: str, every: str) -> None:
    typed = await on("master", f"watch -e {words} ls /nowhere")
    assert typed.out.startswith(f"\x1b[H\x1b[2JEvery {every}s: ls /nowhere\n\n")


async def test_until_it_fails(on: Type) -> None:
    assert (await on("master", "watch -e -n 0.1 ls /nowhere")).status == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("watch", "Usage:"),
        ("watch -n soon ls", "failed to parse argument: 'soon'"),
        ("watch --wrong ls", "unrecognized option '--wrong'"),
        ("su", "Authentication failure"),
        ("su -c id", "sudo -i"),
        ("sudo su nobody2 -c id", "does not exist"),
    ],
)
async def test_refused(on: Type, line: str, told: str) -> None:
    typed = await on("master", line)
    assert typed.status == 1
    assert told in typed.err


async def test_root_becomes_anybody(on: Type) -> None:
    assert (
        await on("master", "sudo su -c whoami; sudo su - ubuntu -c whoami")
    ).out == "root\nubuntu\n"


async def test_no_advice_for_what_is_not_there(on: Type) -> None:
    for name in ("docker", "nmap", "node"):
        assert (await on("master", name)).err == f"bash: line 1: {name}: command not found\n"
