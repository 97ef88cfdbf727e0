"""systemd's units on a machine: which exist, which run, which start at boot, and their journal.

Names are kept without ``.service``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import timestamp
from owlab.pocket.machines import apt_packages, syslog, ubuntu_archive
from owlab.pocket.machines.state import BASE, Unit
from owlab.pocket.machines.syslog import LogLine

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

OWN = "/etc/systemd/system"


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """What is known of a unit beforehand."""

    description: str
    program: str = ""
    oneshot: bool = False
    active: bool = True  # on a fresh machine, or once its package is there
    enabled: bool = True


KINDS: dict[str, KnownUnit] = {
    "ssh": KnownUnit("OpenBSD Secure Shell server", "/usr/sbin/sshd"),
    "cron": KnownUnit("Regular background program processing daemon", "/usr/sbin/cron"),
    "snapd": KnownUnit("Snap Daemon", "/usr/lib/snapd/snapd"),
    "systemd-resolved": KnownUnit("Network Name Resolution", "/usr/lib/systemd/systemd-resolved"),
    "ufw": KnownUnit("Uncomplicated firewall", "/usr/lib/ufw/ufw-init", oneshot=True),
    "nfs-server": KnownUnit("NFS server and services", "/usr/sbin/rpc.nfsd", oneshot=True),
    "rpcbind": KnownUnit("RPC bind portmap service", "/sbin/rpcbind"),
    "nginx": KnownUnit(
        "A high performance web server and a reverse proxy server", "/usr/sbin/nginx"
    ),
    "k3s": KnownUnit("Lightweight Kubernetes", "/usr/local/bin/k3s", active=False, enabled=False),
    "k3s-agent": KnownUnit(
        "Lightweight Kubernetes", "/usr/local/bin/k3s", active=False, enabled=False
    ),
}

ALIASES = {"nfs-kernel-server": "nfs-server", "sshd": "ssh"}


def plain(name: str) -> str:
    """The unit's own name: without ``.service``, aliases resolved."""
    name = name.removesuffix(".service")
    return ALIASES.get(name, name)


def unit_file(machine: Machine, unit: str) -> str | None:
    """Path of the unit's file, or None where there is no such unit."""
    own = f"/etc/systemd/system/{unit}.service"
    if machine.read(own) is not None:
        return own
    packaged = any(
        unit in package.units
        for name in apt_packages.installed(machine)
        if (package := ubuntu_archive.known(name))
    )
    if unit in BASE or packaged:
        return f"/usr/lib/systemd/system/{unit}.service"
    return None


def names(machine: Machine) -> list[str]:
    """Every unit of the machine, sorted."""
    own = (
        {
            name.removesuffix(".service")
            for entry in machine.files.read_dir(OWN)
            if (name := str(entry["name"])).endswith(".service")
        }
        if machine.files.is_directory(OWN)
        else set()
    )
    return sorted(unit for unit in {*KINDS, *own} if unit_file(machine, unit))


def kind_of(machine: Machine, unit: str) -> KnownUnit:
    """What is known of a unit: of its own file, where somebody wrote one."""
    if unit in KINDS:
        return KINDS[unit]
    text = (machine.read(f"{OWN}/{unit}.service") or b"").decode(errors="replace")
    says = dict(re.findall(r"^(Description|ExecStart|Type)=(.*)$", text, re.M))
    return KnownUnit(
        says.get("Description", unit),
        says.get("ExecStart", "").lstrip("-@+!:"),
        oneshot=says.get("Type") == "oneshot",
        active=False,
        enabled=False,
    )


def state(machine: Machine, unit: str) -> Unit:
    """The unit's record, made on first sight."""
    units = machine.state.units
    if unit not in units:
        kind = KINDS.get(unit, KnownUnit(unit, active=False, enabled=False))
        base = unit in BASE
        since = now() if base else ""
        units[unit] = Unit(base and kind.active, base and kind.enabled, since=since)
    return units[unit]


def condition(machine: Machine, unit: str) -> str:
    """``active``, ``inactive`` or ``failed``; a unit that does not exist is inactive."""
    if unit_file(machine, unit) is None:
        return "inactive"
    record = state(machine, unit)
    if record.active:
        return "active"
    return "failed" if record.failed else "inactive"


def active(machine: Machine, unit: str) -> bool:
    """The unit runs."""
    return condition(machine, plain(unit)) == "active"


def enable(machine: Machine, unit: str, wanted: bool = True) -> bool:
    """Start a unit with the machine from now on, or not; False where it is so already."""
    record = state(machine, unit)
    if record.enabled == wanted:
        return False
    record.enabled = wanted
    return True


def forget(machine: Machine, unit: str) -> None:
    """The unit is gone, and with it what was known of its state."""
    machine.state.units.pop(unit, None)


def note(
    machine: Machine, unit: str, text: str, *, by: str = "systemd[1]", grave: str = "info"
) -> None:
    """Write one line of the unit's journal."""
    syslog.write(machine, LogLine(syslog.now(), by, text, unit, grave))


def link_text(unit: str) -> str:
    """What systemctl prints as it enables a unit."""
    known = unit in KINDS and unit not in ("k3s", "k3s-agent")
    folder = "/usr/lib/systemd/system" if known else OWN
    wants = f"/etc/systemd/system/multi-user.target.wants/{unit}.service"
    return f"Created symlink {wants} → {folder}/{unit}.service."


def pid(unit: str) -> int:
    """A process number for the unit, the same each time it is asked."""
    return 600 + sum(unit.encode()) * 7 % 9000


def now() -> str:
    """The moment, as a unit's record has it."""
    return timestamp()


def came_up(machine: Machine) -> None:
    """What systemd and the daemons write when a machine comes up."""
    for unit in names(machine):
        if not active(machine, unit):
            continue
        kind = kind_of(machine, unit)
        verb = "Finished" if kind.oneshot else "Started"
        note(machine, unit, f"{verb} {unit}.service - {kind.description}.")
        if unit == "ssh":
            note(machine, unit, "Server listening on 0.0.0.0 port 22.", by=f"sshd[{pid(unit)}]")
