"""Waiting for what is so some time later, on a computer that may be busy with other things."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds until a test gives up. Only failures take so long: it may be generous."""


def until(true: Callable[[], object], pause: float = 0.05) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(pause)


async def eventually(true: Callable[[], object], pause: float = 0.02) -> None:
    """Wait until it is so, while other tasks go on."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(pause)
