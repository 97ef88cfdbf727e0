"""The table of a machine's processes: of its units, its shells, and what runs in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines import units
from owlab.pocket.machines.processes import Daemon, Login, ProcessRow, table
from owlab.pocket.machines.visits import Visit, outermost, pid_of

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine
    from owlab.pocket.machines.views import ShellView

MEMORY = {"k3s": 520_000, "k3s-agent": 180_000, "snapd": 38_000, "nginx": 6_000}
"""Resident kilobytes, as seen on real machines."""


def seen_from(
    machine: Machine, shell: ShellView | None, user: str, command: str
) -> list[ProcessRow]:
    """The table now, as a command in a shell sees it that is itself in it.

    :param user: as whom it runs.
    """
    own = machine.visits.of(shell)
    top = outermost(shell)
    logins = _logins(machine, own, command, user)
    if own is None:  # what `multipass exec` runs has no terminal
        jobs = tuple(top.background()) if top is not None else ()
        logins.append(Login(*(None, user, unix_time(), command, jobs, pid_of(top), user)))
    return table(machine.booted, _daemons(machine), logins)


def known(machine: Machine) -> list[ProcessRow]:
    """The table as it is in ``/proc``: with all shells that run something."""
    logins = _logins(machine)
    shells = {id(visit.shell) for visit in machine.visits.here()}
    for shell in {id(top): top for top in map(outermost, machine.sessions) if top}.values():
        if id(shell) not in shells:
            jobs = tuple(shell.background())
            logins.append(Login(None, shell.user, shell.started, "", jobs, shell.pid))
    return table(machine.booted, _daemons(machine), logins)


def _logins(
    machine: Machine, own: Visit | None = None, command: str = "", user: str = ""
) -> list[Login]:
    return [
        Login(
            *(visit.number, visit.user, visit.came, command if visit is own else ""),
            *(tuple(visit.shell.background()), visit.pid, user if visit is own else ""),
        )
        for visit in machine.visits.here()
    ]


def _daemons(machine: Machine) -> list[Daemon]:
    return [
        Daemon(
            unit,
            units.pid(unit),
            units.kind_of(machine, unit).program + (" server" if unit == "k3s" else ""),
            units.state(machine, unit),
            MEMORY.get(unit, 9_000),
        )
        for unit in units.names(machine)
        if units.active(machine, unit) and not units.kind_of(machine, unit).oneshot
    ]
