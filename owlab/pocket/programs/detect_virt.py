"""`systemd-detect-virt`: what the machine runs in."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("systemd-detect-virt")
async def detect_virt(call: Call) -> int:
    """The truth: there is no virtual machine."""
    if not {"-q", "--quiet"} & set(call.argv):
        await call.out("owlab-pocket\n")
    return 0
