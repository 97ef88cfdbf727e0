"""`wsk`: OpenWhisk's command line, version 1.2.0's grammar and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab.pocket.ground import internet
from owlab.pocket.programs.base import Call, program

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


def installed(machine: Machine) -> bool:
    """The archive's file is where the guide moves it."""
    return any(
        internet.wsk_installed(machine.read(f"{directory}/wsk"))
        for directory in ("/usr/local/bin", "/usr/bin")
    )


@program("wsk", installed=installed, machines="all", own_help=True)
async def wsk(call: Call) -> int:
    """Imported late: a machine without wsk needs none of it."""
    from owlab.pocket.programs.wsk.main import run

    return await run(call)
