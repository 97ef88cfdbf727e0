"""`ufw`: the firewall that there is not."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("ufw")
async def ufw(call: Call) -> int:
    """Says that it does nothing: the pocket lab's machines have no firewall."""
    if not call.root:
        await call.err("ERROR: You need to be root to run this script\n")
        return 1
    if call.argv[:1] in (["status"], []):
        await call.out("Status: inactive\n")
        return 0
    await call.err("ufw: the machines of the pocket lab have no firewall; nothing was changed\n")
    return 1
