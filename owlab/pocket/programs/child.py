"""A real program run for a machine: its output streamed, its end passed on, never left behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from owlab.pocket.programs.crash import NO_MEMORY, StackDump

Sink = Callable[[bytes], Awaitable[None]]

CHUNK = 64 * 1024
FRUGAL_GO = {"GOGC": "off", "GOMEMLIMIT": "96MiB"}
"""For programs written in Go that live for an instant: no collection of garbage before they have
taken this much memory. It was a quarter of a kubectl's processor time."""


async def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: bytes | None,
    out: Sink,
    err: Sink,
) -> int:
    """Run to the end; returns the exit status. The child dies when this is cancelled, and when
    nobody reads its output any more."""
    dump = StackDump()

    async def errors(data: bytes) -> None:
        if shown := dump.take(data):
            await err(shown)

    process = await asyncio.create_subprocess_exec(
        *argv,
        env=dict(env),
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    pumps = [
        asyncio.ensure_future(_pump(process.stdout, out)),
        asyncio.ensure_future(_pump(process.stderr, errors)),
    ]
    try:
        if stdin is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(stdin)
                await process.stdin.drain()
            process.stdin.close()
        await asyncio.gather(*pumps)
        if rest := dump.end():
            await err(rest)
        if dump.lacks_memory:
            await err(f"{Path(argv[0]).name}: {NO_MEMORY}\n".encode())
        return await process.wait()
    finally:
        for pump in pumps:
            pump.cancel()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _pump(stream: asyncio.StreamReader, sink: Sink) -> None:
    while chunk := await stream.read(CHUNK):
        await sink(chunk)
