"""What ``list`` and ``info`` tell of a machine, before it is given a format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.machines import images, mounts, usage
from owlab.pocket.machines.fleet import DELETED, Fleet
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.state import LAPTOP

ZONE = {"name": "zone1", "available": True}


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One machine, as both commands need it; runtime fields are empty unless it runs."""

    name: str
    state: str
    release: str
    image_hash: str
    image_release: str
    ipv4: list[str]
    snapshots: int
    zone: dict[str, Any] = field(default_factory=lambda: dict(ZONE))
    full_release: str = ""
    cpus: str = ""
    load: list[float] = field(default_factory=list)
    disk: tuple[int, int] | None = None
    memory: tuple[int, int] | None = None
    mounts: dict[str, Any] = field(default_factory=dict)


def row(fleet: Fleet, machine: Machine, *, runtime: bool = True, ipv4: bool = True) -> MachineRow:
    """Look at one machine."""
    image = images.find(machine.spec.image) or images.DEFAULT
    basic = MachineRow(
        name=machine.name,
        state=machine.status,
        release="Not Available" if machine.status == DELETED else f"Ubuntu {image.release}",
        image_hash=image.hash,
        image_release=image.release,
        ipv4=[machine.address] if ipv4 and machine.running else [],
        snapshots=len(machine.snapshots),
    )
    if not (runtime and machine.running):
        return basic
    return MachineRow(
        name=basic.name,
        state=basic.state,
        release=basic.release,
        image_hash=basic.image_hash,
        image_release=basic.image_release,
        ipv4=basic.ipv4,
        snapshots=basic.snapshots,
        full_release=f"Ubuntu {image.full}",
        cpus=str(machine.spec.cpus),
        load=usage.load(machine),
        disk=(machine.disk_used, machine.disk_total),
        memory=usage.memory(machine),
        mounts=_mounts(machine),
    )


def _mounts(machine: Machine) -> dict[str, Any]:
    """Folders of the laptop, by where they are in the machine."""
    return {
        entry.target: {
            "gid_mappings": ["1000:default"],
            "source_path": entry.exported,
            "uid_mappings": ["1000:default"],
        }
        for entry in mounts.mounts(machine)
        if entry.server == LAPTOP
    }
