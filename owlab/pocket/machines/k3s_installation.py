"""What an installation of K3s leaves on a machine, and what its removal takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab.pocket.machines import snaps, unit_jobs, units
from owlab.pocket.machines.state import K3s

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


BIN = "/usr/local/bin"
UNINSTALL = {"server": "k3s-uninstall.sh", "agent": "k3s-agent-uninstall.sh"}
PROGRAMS = ("k3s", "kubectl", "crictl", "ctr")
PROGRAM = """\
#!/bin/sh
# {name} of K3s {version} in the owlab pocket lab: a name for the lab's own command.
__owlab_run {name} "$@"
"""
SCRIPT = """\
#!/bin/sh
# Written by the pocket lab's K3s installer.
k3s-pocket-{what}
"""
UNIT = """\
[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
# Simulated by the owlab pocket lab: nothing is executed.
Type={type}
EnvironmentFile=-/etc/systemd/system/{unit}.service.env
ExecStart=/usr/local/bin/k3s {role} {args}
"""
CONFIGURED = (
    *("role", "version", "args", "url", "token", "token_file", "node_name", "environment"),
)
"""What the installer is told; the rest of a machine's part in K3s comes with its start."""


def version_of_programs(machine: Machine) -> str:
    """Which K3s the programs on the machine are of; nothing where there are none."""
    text = (machine.read(f"{BIN}/k3s") or b"").decode(errors="replace")
    return text.partition("of K3s ")[2].partition(" ")[0]


def installed(machine: Machine) -> bool:
    """K3s' programs are on the machine."""
    return machine.read(f"{BIN}/k3s") is not None


def has_kubectl(machine: Machine) -> bool:
    """K3s brought it, or a snap."""
    return machine.read(f"{BIN}/kubectl") is not None or snaps.has(machine, "kubectl")


def write_program(machine: Machine, name: str, version: str) -> None:
    """Put one of K3s' programs in its place."""
    machine.write(f"{BIN}/{name}", PROGRAM.format(name=name, version=version).encode(), 0o755)


def write_script(machine: Machine, name: str, what: str) -> None:
    """Put one of the installer's own scripts beside them."""
    machine.write(f"{BIN}/{name}", SCRIPT.format(what=what).encode(), 0o755)


def configure(machine: Machine, wanted: K3s) -> bool:
    """Write the service's files and note what it was told; False where it was told the same."""
    record = machine.state.k3s
    changed = any(getattr(record, name) != getattr(wanted, name) for name in CONFIGURED)
    for name in CONFIGURED:
        setattr(record, name, getattr(wanted, name))
    unit = wanted.unit
    environment = "".join(f"{name}='{text}'\n" for name, text in wanted.environment.items())
    machine.write(f"{units.OWN}/{unit}.service.env", environment.encode(), 0o600)
    text = UNIT.format(
        unit=unit,
        type="notify" if wanted.role == "server" else "exec",
        role=wanted.role,
        args=" ".join(f"'{word}'" for word in wanted.args),
    )
    machine.write(f"{units.OWN}/{unit}.service", text.encode())
    units.state(machine, unit)
    return changed


async def remove(machine: Machine) -> str:
    """Give up this machine's part in its cluster, with what it wrote; the unit that was."""
    unit = machine.state.k3s.unit
    await unit_jobs.stop(machine, unit)
    await machine.lab.hosting.leave(machine.state.k3s.node or machine.name)
    for path in ("/etc/rancher/k3s", "/etc/rancher/node", "/var/lib/rancher/k3s"):
        machine.remove(path)
    machine.remove(f"{units.OWN}/{unit}.service")
    machine.remove(f"{units.OWN}/{unit}.service.env")
    for name in (*PROGRAMS, "k3s-killall.sh", *UNINSTALL.values()):
        machine.remove(f"{BIN}/{name}")
    machine.state.k3s = K3s()
    units.forget(machine, unit)
    machine.state.images = []
    machine.lab.fleet.changed(machine)
    return unit
