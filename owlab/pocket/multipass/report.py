"""What ``list`` and ``info`` tell of a machine, before it is given a format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.machines import images
from owlab.pocket.machines.fleet import DELETED, Fleet
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.mounts import LAPTOP

MIB = 1 << 20
ZONE = {"name": "zone1", "available": True}
# Resident memory of what a machine can run, as seen on real ones.
SYSTEM, SERVER, AGENT, NFS = 190 * MIB, 720 * MIB, 260 * MIB, 24 * MIB


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
        load=_load(machine),
        disk=(machine.disk_used, machine.disk_total),
        memory=_memory(machine),
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
        for entry in machine.state.mounts
        if entry.server == LAPTOP
    }


def _jitter(machine: Machine, what: str) -> float:
    """Between 0 and 1, the same each time: machines differ a little from one another."""
    digest = hashlib.sha256(f"{machine.name}/{what}".encode()).digest()
    return digest[0] / 255


def _load(machine: Machine) -> list[float]:
    """More where Kubernetes runs, and where a command runs at this moment."""
    base = 0.02 + 0.05 * _jitter(machine, "load")
    base += 0.35 if machine.service_active("k3s") else 0
    base += 0.15 if machine.service_active("k3s-agent") else 0
    now = base + 0.6 * sum(session.busy for session in machine.sessions)
    return [round(now, 2), round(base * 0.9, 2), round(base * 0.7, 2)]


def _memory(machine: Machine) -> tuple[int, int]:
    total = int(machine.spec.memory * 0.968)
    used = int(SYSTEM * (1 + _jitter(machine, "memory") / 8))
    used += SERVER if machine.service_active("k3s") else 0
    used += AGENT if machine.service_active("k3s-agent") else 0
    used += NFS if machine.service_active("nfs-server") else 0
    used += 30 * MIB * len(machine.images())
    return min(used, int(total * 0.95)), total
