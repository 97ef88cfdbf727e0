"""The spinner of a command that takes its time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from owlab.pocket.multipass.invocation import Invocation

FRAMES = "|/-\\"
INTERVAL = 0.1


@contextlib.asynccontextmanager
async def spinner(call: Invocation, text: str) -> AsyncIterator[None]:
    """Show ``text`` with a turning bar on a terminal; nothing where output goes elsewhere."""
    if not call.tty or call.lab.clock.speed == "instant":
        yield
        return

    async def turn() -> None:
        step = 0
        while True:
            await call.out(f"\r\x1b[2K{text}  {FRAMES[step % len(FRAMES)]}")
            step += 1
            await asyncio.sleep(INTERVAL)

    task = asyncio.create_task(turn())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await call.out("\r\x1b[2K")
