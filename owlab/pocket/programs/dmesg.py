"""`dmesg`: what the kernel said."""

from __future__ import annotations

import time

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint


@program("dmesg")
async def dmesg(call: Call) -> int:
    """The one thing that happened: the machine came up."""
    if not call.root:
        raise Complaint("dmesg: read kernel buffer failed: Operation not permitted\n")
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(call.machine.booted))
    await call.out(
        "[    0.000000] Linux version 6.8.0-31-generic-pocket (a pocket lab: no kernel)\n"
        f"[    0.000001] {call.machine.name} came up at {when} UTC\n"
    )
    return 0
