"""A store of three snaps, and which of them a machine has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from owlab.pocket.machines.state import InstalledSnap

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


@dataclass(frozen=True, slots=True)
class StoreSnap:
    """One snap of the store."""

    version: str
    revision: int
    publisher: str
    summary: str
    classic: bool = False


# The engine behind `helm` is Helm 4 whatever the channel: the lab has no other to offer.
STORE = {
    "helm": StoreSnap(
        "4.2.3", 470, "snapcrafters✪", "The Kubernetes package manager", classic=True
    ),
    "multipass": StoreSnap("1.16.1", 15341, "canonical✓", "Instant Ubuntu instances"),
    "kubectl": StoreSnap("1.37.1", 3500, "canonical✓", "Command line client for Kubernetes", True),
    "core22": StoreSnap(
        "20240408", 1380, "canonical✓", "Runtime environment based on Ubuntu 22.04"
    ),
}
PREINSTALLED = {
    "snapd": StoreSnap("2.62", 21465, "canonical✓", "Daemon and tooling that enable snap packages")
}


def installed(machine: Machine) -> dict[str, InstalledSnap]:
    """The machine's snaps beyond the preinstalled, by their names."""
    return dict(machine.state.snaps)


def has(machine: Machine, name: str) -> bool:
    """The snap is installed."""
    return name in machine.state.snaps


def install(machine: Machine, name: str, channel: str) -> None:
    """Add a snap of the store."""
    known = STORE[name]
    machine.state.snaps[name] = InstalledSnap(known.version, known.revision, channel)
    machine.save()


def follow(machine: Machine, name: str, channel: str) -> bool:
    """Take an installed snap from another channel; False where it is from there."""
    record = machine.state.snaps[name]
    if record.channel == channel:
        return False
    record.channel = channel
    machine.save()
    return True


def remove(machine: Machine, name: str) -> bool:
    """Take a snap away; False where there is none of that name."""
    if machine.state.snaps.pop(name, None) is None:
        return False
    machine.save()
    return True
