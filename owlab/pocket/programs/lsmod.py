"""`lsmod`: the kernel's modules."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint


@program("lsmod")
async def lsmod(call: Call) -> int:
    """No modules: there is no kernel to load them."""
    if call.argv:
        raise Complaint("Usage: lsmod\n")
    await call.out("Module                  Size  Used by\n")
    return 0
