"""Which machine an address or a host name means, seen from inside the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owlab.pocket.machines.fleet import Fleet
    from owlab.pocket.machines.machine import Machine


def find(fleet: Fleet, server: str, unit: str = "") -> Machine | None:
    """The running machine of this address or host name.

    Where all machines share one address, it is the one on which ``unit`` is active.
    """
    running = [machine for machine in fleet.all() if machine.running]
    meant = [machine for machine in running if machine.address == server]
    serving = [machine for machine in meant if unit and machine.service_active(unit)]
    if meant:
        return (serving or meant)[0]
    machine = fleet.get(server.removesuffix(".local"))
    return machine if machine is not None and machine.running else None


def is_address(text: str) -> bool:
    """An IPv4 address by its form, or something with colons."""
    parts = text.split(".")
    return (len(parts) == 4 and all(part.isdigit() for part in parts)) or ":" in text
