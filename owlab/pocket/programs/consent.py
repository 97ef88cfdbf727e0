"""What `rm -i`, `cp -i` and `mv -i` ask, and who says yes."""

from __future__ import annotations

from owlab.pocket.programs.base import Call


async def agreed(call: Call, question: str) -> bool:
    """Ask; nothing to read is a no."""
    await call.err(question)
    call.answers = call.answers or await call.next_input() or b""
    typed, _, call.answers = call.answers.partition(b"\n")
    return typed[:1] in (b"y", b"Y")
