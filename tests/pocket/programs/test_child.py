"""Real programs run for a machine: nothing of them is left behind."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from owlab.pocket.programs import child

FOR_EVER = "import sys, time\nwhile True:\n print('tick', flush=True); time.sleep(0.01)"


def running() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [p for p in found if FOR_EVER in p.cmdline()]


async def run(text: str, out, stdin: bytes | None = None) -> int:
    async def nothing(data: bytes) -> None:
        return None

    argv = [sys.executable, "-S", "-c", text]
    return await child.run(argv, env={}, cwd=Path("/"), stdin=stdin, out=out, err=nothing)


async def test_output_flows_while_it_runs_and_a_cancelled_child_is_gone():
    seen = asyncio.Event()

    async def out(data: bytes) -> None:
        seen.set()

    task = asyncio.ensure_future(run(FOR_EVER, out))
    await asyncio.wait_for(seen.wait(), 20)
    assert running()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not running()


async def test_a_child_whose_reader_went_away_is_gone():
    async def out(data: bytes) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await run(FOR_EVER, out)
    assert not running()


async def test_standard_input_and_exit_status():
    got = bytearray()

    async def out(data: bytes) -> None:
        got.extend(data)

    text = "import sys\nsys.stdout.write(sys.stdin.read().upper()); sys.exit(3)"
    assert await run(text, out, b"hi" * 100_000) == 3
    assert bytes(got) == b"HI" * 100_000
    assert await run("import sys; sys.stdin.read()", out) == 0
