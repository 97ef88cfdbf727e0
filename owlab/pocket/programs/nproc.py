"""`nproc`: how many processors there are."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse, usage


@program("nproc", machines="all")
async def nproc(call: Call) -> int:
    """How many CPUs the machine was launched with, but for ``--ignore=N`` of them."""
    given = parse(call, "", "all ignore=")
    if given.words:
        raise usage(call.name, f"extra operand ‘{given.words[0]}’")
    ignored = given.value("ignore") or "0"
    if not ignored.isdecimal():
        raise Complaint(f"nproc: invalid number: ‘{ignored}’\n")
    await call.out(f"{max(call.machine.spec.cpus - int(ignored), 1)}\n")
    return 0
