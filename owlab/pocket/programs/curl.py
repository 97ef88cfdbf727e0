"""`curl` on the machines."""

from __future__ import annotations

from owlab.pocket.network.programs import curl as client
from owlab.pocket.programs.base import Call, program


@program("curl", machines="all")
async def curl(call: Call) -> int:
    """Each URL in turn; the exit status is that of the last."""
    return await client.curl(call)
