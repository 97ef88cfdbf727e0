"""How busy a machine is and how much memory it takes: one guess, which everybody tells.

Nothing of what it stands for runs: it is what real machines with the same units were seen to take.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

MIB = 1 << 20
# Resident memory of what a machine can run, as seen on real ones.
SYSTEM, SERVER, AGENT, NFS = 190 * MIB, 720 * MIB, 260 * MIB, 24 * MIB


def _jitter(machine: Machine, what: str) -> float:
    """Between 0 and 1, the same each time: machines differ a little from one another."""
    digest = hashlib.sha256(f"{machine.name}/{what}".encode()).digest()
    return digest[0] / 255


def load(machine: Machine) -> list[float]:
    """More where Kubernetes runs, and where a command runs at this moment."""
    base = 0.02 + 0.05 * _jitter(machine, "load")
    base += 0.35 if machine.service_active("k3s") else 0
    base += 0.15 if machine.service_active("k3s-agent") else 0
    now = base + 0.6 * sum(session.busy for session in machine.sessions)
    return [round(now, 2), round(base * 0.9, 2), round(base * 0.7, 2)]


def memory(machine: Machine) -> tuple[int, int]:
    """Bytes that are used, and all that the system sees."""
    total = int(machine.spec.memory * 0.968)
    used = int(SYSTEM * (1 + _jitter(machine, "memory") / 8))
    used += SERVER if machine.service_active("k3s") else 0
    used += AGENT if machine.service_active("k3s-agent") else 0
    used += NFS if machine.service_active("nfs-server") else 0
    used += 30 * MIB * len(machine.images())
    return min(used, int(total * 0.95)), total
