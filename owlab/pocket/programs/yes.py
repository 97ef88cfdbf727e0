"""`yes`: one line again and again, until nobody reads it."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import parse
from owlab.pocket.programs.text import MOST_ENDLESS, PART


@program("yes", machines="all")
async def yes(call: Call) -> int:
    """``y``, or the words."""
    line = (" ".join(parse(call, "").words) or "y").encode() + b"\n"
    piece = line * max(1, PART // len(line))
    # The interpreter's own filters read to the end: there has to be one.
    for _ in range(MOST_ENDLESS // len(piece)):
        await call.out(piece)
    return 0
