"""What a machine reached by ssh is, and whether it suits a lab: one command, asked at the start."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.machines.ssh_errors import MachineUnsuitable

PROBE = """\
echo "arch=$(uname -m)"
echo "apt=$(command -v apt-get >/dev/null && echo yes)"
echo "systemd=$(test -d /run/systemd/system && echo yes)"
echo "sudo=$(sudo -n true 2>/dev/null && echo yes)"
echo "cpus=$(nproc)"
echo "memory=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)"
echo "address=$(hostname -I | awk '{print $1}')"
echo "release=$(. /etc/os-release && echo "$PRETTY_NAME")"
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a machine said about itself."""

    arch: str
    has_apt: bool
    has_systemd: bool
    has_sudo: bool
    address: str
    release: str
    cpus: int | None
    memory_bytes: int | None


def read_probe(output: str) -> Seen:
    """The lines that :data:`PROBE` prints; a login banner among them is ignored."""
    said = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    memory = said.get("memory", "")
    cpus = said.get("cpus", "")
    return Seen(
        arch=said.get("arch", ""),
        has_apt=said.get("apt") == "yes",
        has_systemd=said.get("systemd") == "yes",
        has_sudo=said.get("sudo") == "yes",
        address=said.get("address", ""),
        release=said.get("release", ""),
        cpus=int(cpus) if cpus.isdigit() else None,
        memory_bytes=int(memory) * 1024 if memory.isdigit() else None,
    )


def refuse(name: str, seen: Seen) -> list[MachineUnsuitable]:
    """Why a machine cannot be used; empty when it can."""
    wrong = []
    if not seen.has_sudo:
        wrong.append(
            MachineUnsuitable(
                brief=f"sudo on {name} asks for a password.",
                details="`sudo -n true` failed. owlab does not ask for passwords, or keep them.",
                resolution='Allow it there: echo "$USER ALL=(ALL) NOPASSWD: ALL" | sudo tee '
                "/etc/sudoers.d/owlab; take it back after `owlab down`.",
            )
        )
    if not seen.has_apt or not seen.has_systemd:
        lacks = "apt" if not seen.has_apt else "systemd"
        wrong.append(
            MachineUnsuitable(
                brief=f"{name} has no {lacks} ({seen.release or 'unknown system'}).",
                resolution="Use Ubuntu, or Debian with snapd (section 3 installs Helm as a snap).",
            )
        )
    if seen.arch not in ("x86_64", "amd64"):
        wrong.append(
            MachineUnsuitable(
                brief=f"{name} is {seen.arch or 'of an unknown kind'}, not x86-64.",
                details="OpenWhisk's images exist for amd64 only.",
                resolution="Use machines with Intel or AMD processors, or the provider pocket.",
            )
        )
    return wrong
