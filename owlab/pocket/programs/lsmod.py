"""`lsmod`: the kernel's modules."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("lsmod")
async def lsmod(call: Call) -> int:
    """No modules: there is no kernel to load them."""
    await call.out("Module                  Size  Used by\n")
    return 0
