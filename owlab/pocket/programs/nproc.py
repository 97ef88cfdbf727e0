"""`nproc`: how many processors there are."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("nproc", machines="all")
async def nproc(call: Call) -> int:
    """How many CPUs the machine was launched with."""
    await call.out(f"{call.machine.spec.cpus}\n")
    return 0
