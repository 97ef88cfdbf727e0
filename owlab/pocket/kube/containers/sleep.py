"""``sleep`` in containers, for as long as it is told: bashkit's own ends after a minute."""

from __future__ import annotations

import asyncio
import math

from bashkit import CommandContext

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


async def sleep(context: CommandContext) -> int:
    """Wait for the sum of the durations; returns the exit status."""
    if not context.argv:
        await context.stderr.write(b"sleep: missing operand\n")
        return 1
    total = 0.0
    for word in context.argv:
        seconds = _seconds(word)
        if seconds is None:
            await context.stderr.write(f"sleep: invalid time interval '{word}'\n".encode())
            return 1
        total += seconds
    # The event loop takes no infinite time; in pieces it needs none.
    while total > 0:
        piece = min(total, 3600.0)
        await asyncio.sleep(piece)
        total -= piece
    return 0


def _seconds(word: str) -> float | None:
    unit = _UNITS.get(word[-1:], 0)
    number = word[:-1] if unit else word
    try:
        value = float(number)
    except ValueError:
        return None
    return None if math.isnan(value) or value < 0 else value * (unit or 1)
