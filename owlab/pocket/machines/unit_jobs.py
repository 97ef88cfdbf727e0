"""Starting and stopping systemd's units: the state, the journal, and what follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from owlab.pocket.machines import k3s_node, nfs_server
from owlab.pocket.machines.units import KINDS, kind_of, note, now, pid, state

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

Starting = Callable[["Machine"], Awaitable[str | None]]
"""What a unit does when it starts; returns why it failed, or None."""
Stopping = Callable[["Machine"], Awaitable[None]]

_STARTING: dict[str, Starting] = {
    "nfs-server": nfs_server.start,
    "k3s": k3s_node.start,
    "k3s-agent": k3s_node.start,
}
_STOPPING: dict[str, Stopping] = {
    "nfs-server": nfs_server.stop,
    "k3s": k3s_node.stop,
    "k3s-agent": k3s_node.stop,
}


def runs_nothing(machine: Machine, unit: str) -> bool:
    """A unit of somebody's own: it is noted as started, and its program is not run."""
    return unit not in KINDS and bool(kind_of(machine, unit).program)


async def start(machine: Machine, unit: str) -> str | None:
    """Start a unit. Returns why it failed, or None."""
    record, kind = state(machine, unit), kind_of(machine, unit)
    if record.active:
        return None
    note(machine, unit, f"Starting {unit}.service - {kind.description}...")
    hook = _STARTING.get(unit)
    # Active before the hook runs: what it opens looks at the unit's state.
    record.active = True
    try:
        failure = await hook(machine) if hook else None
    except BaseException:
        record.active = False
        raise
    record.active, record.failed = failure is None, failure is not None
    record.since = now()
    _tell_start(machine, unit, failure)
    machine.lab.fleet.changed(machine)
    return failure


def _tell_start(machine: Machine, unit: str, failure: str | None) -> None:
    kind = kind_of(machine, unit)
    if failure:
        note(machine, unit, failure, by=f"{unit.removesuffix('-agent')}[{pid(unit)}]")
        main = f"{unit}.service: Main process exited, code=exited, status=1/FAILURE"
        note(machine, unit, main, grave="notice")
        note(machine, unit, f"{unit}.service: Failed with result 'exit-code'.", grave="warning")
        failed = f"Failed to start {unit}.service - {kind.description}."
        note(machine, unit, failed, grave="err")
        return
    verb = "Finished" if kind.oneshot else "Started"
    note(machine, unit, f"{verb} {unit}.service - {kind.description}.")


async def stop(machine: Machine, unit: str) -> None:
    """Stop a unit; a stopped one stays so."""
    record, kind = state(machine, unit), kind_of(machine, unit)
    was_active = record.active
    record.active = record.failed = False
    record.since = now()
    if not was_active:
        return
    hook = _STOPPING.get(unit)
    if hook:
        await hook(machine)
    note(machine, unit, f"Stopped {unit}.service - {kind.description}.")
    machine.lab.fleet.changed(machine)
