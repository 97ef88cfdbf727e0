"""Lines on a machine and what they print, as text that is the same each time."""

from __future__ import annotations

from collections.abc import Iterable

from owlab.pocket.machines.machine import Machine


async def transcript(machine: Machine, lines: Iterable[str]) -> str:
    """Each line, what it prints, then its errors: the two have no order, they are two streams."""
    shown = []
    for line in lines:
        out, err = bytearray(), bytearray()

        async def keep(data: bytes, out: bytearray = out) -> None:
            out.extend(data)

        async def keep_error(data: bytes, err: bytearray = err) -> None:
            err.extend(data)

        status = await machine.session().run(line, keep, keep_error, stdin=b"")
        text = (out + err).decode(errors="replace")
        shown.append(f"$ {line}\n{text}" + (f"[{status}]\n\n" if status else "\n"))
    return "".join(shown)
