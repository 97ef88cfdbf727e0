"""What a signal does to a process of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab.pocket.machines import unit_jobs
from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.machines.visits import outermost

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

RESTARTED = ("k3s", "k3s-agent", "ssh")
"""Units that systemd starts again when their process ends."""
HARMLESS = {"0", "HUP", "CONT", "CHLD", "URG", "WINCH", "USR1", "USR2"}
"""To a daemon: it reads its files anew, or takes no notice."""


async def deliver(machine: Machine, row: ProcessRow, signal: str, user: str, *, root: bool) -> str:
    """Send it as a user; nothing, or why it did not arrive."""
    if not root and row.user != user:
        return "Operation not permitted"
    if signal == "0":
        return ""
    shells = [visit.shell for visit in machine.visits.here()]
    shells += [top for top in {*map(outermost, machine.sessions)} if top is not None]
    if any(shell.signal(row.pid, signal) for shell in shells):
        return ""
    if row.unit:
        if signal not in HARMLESS:
            await unit_jobs.stop(machine, row.unit)
            if row.unit in RESTARTED:
                await unit_jobs.start(machine, row.unit)
        return ""
    if row.name == "bash" and signal not in ("HUP", "KILL"):
        return ""  # a shell at its prompt takes no notice
    return "the pocket lab ends only jobs and services: Ctrl-C, or `exit`, where it runs"
