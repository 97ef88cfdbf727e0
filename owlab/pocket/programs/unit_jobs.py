"""Starting and stopping systemd's units.

What starting a unit *does* is registered by the part that brings it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from owlab.pocket.machines.units import KINDS, kind_of, note, now, pid, state

if TYPE_CHECKING:
    from owlab.pocket.programs.base import Call

Hook = Callable[["Call"], Awaitable[str | None]]
"""Runs when a unit starts or stops; returns why it failed, or None."""

STARTING: dict[str, Hook] = {}
STOPPING: dict[str, Hook] = {}


async def start(call: Call, unit: str) -> str | None:
    """Start a unit. Returns why it failed, or None."""
    record, kind = state(call.machine, unit), kind_of(call.machine, unit)
    if record.active:
        return None
    note(call.machine, unit, f"Starting {unit}.service - {kind.description}...")
    hook = STARTING.get(unit)
    if unit not in KINDS and kind.program:
        await call.err(
            f"systemctl: {unit}.service: noted as started; the pocket lab runs no program of a "
            "unit of your own\n"
        )
    # Active before the hook runs: what it opens looks at the unit's state.
    record.active = True
    try:
        failure = await hook(call) if hook else None
    except BaseException:
        record.active = False
        raise
    record.active, record.failed = failure is None, failure is not None
    record.since = now()
    if failure:
        note(call.machine, unit, failure, by=f"{unit.removesuffix('-agent')}[{pid(unit)}]")
        main = f"{unit}.service: Main process exited, code=exited, status=1/FAILURE"
        note(call.machine, unit, main, grave="notice")
        note(
            call.machine, unit, f"{unit}.service: Failed with result 'exit-code'.", grave="warning"
        )
        failed = f"Failed to start {unit}.service - {kind.description}."
        note(call.machine, unit, failed, grave="err")
        return failure
    verb = "Finished" if kind.oneshot else "Started"
    note(call.machine, unit, f"{verb} {unit}.service - {kind.description}.")
    return None


async def stop(call: Call, unit: str) -> None:
    """Stop a unit; a stopped one stays so."""
    record, kind = state(call.machine, unit), kind_of(call.machine, unit)
    was_active = record.active
    record.active = record.failed = False
    record.since = now()
    if not was_active:
        return
    hook = STOPPING.get(unit)
    if hook:
        await hook(call)
    note(call.machine, unit, f"Stopped {unit}.service - {kind.description}.")
