"""`grep`, `xargs`, `split`: what the corpus cannot compare."""

from __future__ import annotations

import asyncio

import pytest


async def test_grep_gives_lines_as_they_come(master):
    came: list[bytes] = []
    first = asyncio.Event()

    async def out(data: bytes) -> None:
        came.append(data)
        first.set()

    async def drop(data: bytes) -> None:
        return None

    line = "{ echo hit 1; sleep 60; echo hit 2; } | grep hit"
    task = asyncio.ensure_future(master.session().run(line, out, drop, stdin=b""))
    async with asyncio.timeout(30):
        await first.wait()
    task.cancel()
    await asyncio.wait([task])
    assert came == [b"hit 1\n"]


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("seq 4 | xargs -P2 -n1 echo | sort", "1\n2\n3\n4\n"),
        ("echo a | xargs -p echo; echo $?", "1\n"),
        ("seq 3 | split -l1 --filter=cat; echo $?", "1\n"),
        ("echo x > a; install -D -m 640 a d/e/f; cat d/e/f; stat -c %a d/e/f", "x\n640\n"),
        ("echo 'ibase=2; 19; 9' | bc", "3\n9\n"),
        ("seq 11 | split -l1 -a1 -d; echo $? $(ls)", "1 x0 x1 x2 x3 x4 x5 x6 x7 x8 x9\n"),
    ],
)
async def test_ways(on, script, out):
    assert (await on("master", script)).out == out


async def test_colours_are_for_terminals(master):
    shown = bytearray()

    async def show(data: bytes) -> None:
        shown.extend(data)

    session = master.session(tty=True)
    await session.type("grep root /etc/passwd", show, show, 0)
    assert shown.startswith(b"\x1b[01;31m\x1b[Kroot")
    shown.clear()
    await session.type("grep root /etc/passwd | cat", show, show, 0)
    assert shown.startswith(b"root:x:0:0:")
