"""What a machine reached by ssh is, and whether it suits a lab: one command, asked at the start."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from owlab.config import MachinePlan, Role
from owlab.diagnostic import Diagnostic, Verdict
from owlab.machines.ssh_errors import MachineUnsuitable

PROGRAMS: dict[Role, tuple[str, ...]] = {
    "server": ("curl", "git", "openssl", "tar", "wget"),
    "agent": ("curl",),
    "storage": (),
}
"""What later steps type on a machine beside what they install themselves."""

_ALL = sorted({name for names in PROGRAMS.values() for name in names})

PROBE = f"""\
echo "arch=$(uname -m)"
echo "apt=$(command -v apt-get > /dev/null && echo yes)"
echo "systemd=$(ls -d /run/systemd/system > /dev/null 2>&1 && echo yes)"
echo "sudo=$(sudo -n true 2> /dev/null && echo yes)"
echo "cpus=$(nproc)"
echo "memory=$(awk '/^MemTotal:/ {{print $2}}' /proc/meminfo)"
echo "disk=$(df -Pk / | awk 'NR == 2 {{print $4}}')"
echo "time=$(date +%s)"
echo "address=$(hostname -I | awk '{{print $1}}')"
echo "release=$(. /etc/os-release && echo "$PRETTY_NAME")"
echo "proxy=${{https_proxy:-$HTTPS_PROXY}}"
echo "direct=${{no_proxy:-$NO_PROXY}}"
echo "lacks=$(for name in {" ".join(_ALL)}; do
    command -v $name > /dev/null || printf '%s ' $name
done)"
for name in nfs nfsd; do
    grep -qw $name /proc/filesystems || sudo -n modprobe -qn $name && echo "$name=yes"
done
true
"""

_GIGABYTE = 1 << 30
_LEAST_DISK: dict[Role, float] = {"server": 8, "agent": 8, "storage": 2}
"""GB: K3s and the images of OpenWhisk; the data of its databases."""
_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """What a machine said about itself.

    :param skew: seconds that its clock is ahead of this computer's.
    """

    arch: str
    has_apt: bool
    has_systemd: bool
    has_sudo: bool
    address: str
    release: str
    cpus: int | None
    memory_bytes: int | None
    disk_bytes: int | None
    skew: float
    proxy: str
    direct: str
    lacks: tuple[str, ...]
    has_nfs: bool
    has_nfsd: bool


def read_probe(output: str, asked: float = 0.0) -> Seen:
    """The lines that :data:`PROBE` prints; a login banner among them is ignored.

    :param asked: this computer's time when the question was sent.
    """
    said = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    memory, cpus, disk = said.get("memory", ""), said.get("cpus", ""), said.get("disk", "")
    clock = said.get("time", "")
    return Seen(
        arch=said.get("arch", ""),
        has_apt=said.get("apt") == "yes",
        has_systemd=said.get("systemd") == "yes",
        has_sudo=said.get("sudo") == "yes",
        address=said.get("address", ""),
        release=said.get("release", ""),
        cpus=int(cpus) if cpus.isdigit() else None,
        memory_bytes=int(memory) * 1024 if memory.isdigit() else None,
        disk_bytes=int(disk) * 1024 if disk.isdigit() else None,
        skew=_skew(float(clock), asked, time.time()) if clock.isdigit() else 0.0,
        proxy=said.get("proxy", ""),
        direct=said.get("direct", ""),
        lacks=tuple(said.get("lacks", "").split()),
        has_nfs=said.get("nfs") == "yes",
        has_nfsd=said.get("nfsd") == "yes",
    )


def _skew(there: float, before: float, after: float) -> float:
    """How far a clock is off, given that it was read between two moments of ours."""
    if before <= there + 1 and there <= after:
        return 0.0
    return there - before if there < before else there - after


def refuse(machine: MachinePlan, seen: Seen) -> list[MachineUnsuitable]:
    """Why a machine cannot be used; empty when it can."""
    name, wrong = machine.name, []
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
                resolution="Use Ubuntu or Debian, on a machine and not in a container.",
            )
        )
    if seen.arch not in ("x86_64", "amd64"):
        wrong.append(
            MachineUnsuitable(
                brief=f"{name} is {seen.arch or 'of an unknown kind'}, not x86-64.",
                details="OpenWhisk's images exist for amd64 only.",
                resolution="Use machines with Intel or AMD processors, or the provider pocket. On "
                "Apple silicon, `limactl create --arch x86_64` emulates one: slowly.",
            )
        )
    missing = [program for program in PROGRAMS[machine.role] if program in seen.lacks]
    if missing:
        wrong.append(
            MachineUnsuitable(
                brief=f"{name} has no {', '.join(missing)}.",
                details="Later steps type it there.",
                resolution=f"Type there: sudo apt-get update && sudo apt-get install -y "
                f"{' '.join(missing)}",
            )
        )
    if wrong or (seen.has_nfsd if machine.role == "storage" else seen.has_nfs):
        return wrong
    kind = "nfsd" if machine.role == "storage" else "nfs"
    return [
        MachineUnsuitable(
            brief=f"The kernel of {name} has no {kind}.",
            details=f"`sudo modprobe {kind}` would fail there, as in most containers.",
            resolution="Use a virtual machine; on Ubuntu's small kernels, install "
            "linux-modules-extra-$(uname -r).",
        )
    ]


def refuse_twins(addresses: Mapping[str, str]) -> list[MachineUnsuitable]:
    """Machines that name the same address: each is alone in a network of its own."""
    names: dict[str, list[str]] = {}
    for name, address in addresses.items():
        names.setdefault(address, []).append(name)
    return [
        MachineUnsuitable(
            brief=f"{' and '.join(twins)} have the same address, {address or 'none'}.",
            details="They cannot reach one another there, as with Vagrant's and Lima's first card.",
            resolution="Give them a network in common, and write each one's `address` there into "
            "the inventory; `owlab inventory` finds it.",
        )
        for address, twins in names.items()
        if len(twins) > 1 and not address.startswith("127.")
    ]


def diagnostics(machine: MachinePlan, seen: Seen, target: str, address: str) -> list[Diagnostic]:
    """What a machine is, and what may go wrong on it later."""
    name, memory = machine.name, seen.memory_bytes or 0
    wanted = machine.memory_bytes
    small = memory < wanted * 0.9
    found = [
        Diagnostic(
            name,
            "warn" if small else "ok",
            f"{target} {address}, {seen.release}, {seen.cpus} cores, {memory / _GIGABYTE:.1f} GB",
            f"The guide gives it {machine.memory}." if small else "",
        )
    ]
    free, least = (seen.disk_bytes or 0) / _GIGABYTE, _LEAST_DISK[machine.role]
    if free < least:
        verdict: Verdict = "fail" if free < least / 2 else "warn"
        advice = f"It needs {least:.0f} GB: without them its pods are evicted, one after another."
        found.append(Diagnostic(f"{name}: free disk", verdict, f"{free:.1f} GB", advice))
    if abs(seen.skew) > _SKEW_SECONDS:
        advice = "Certificates are not valid yet, or no more: sudo timedatectl set-ntp true"
        said = f"{abs(seen.skew):.0f} s {'ahead' if seen.skew > 0 else 'behind'}"
        found.append(Diagnostic(f"{name}: clock", "fail", said, advice))
    if seen.proxy and not {"10.43.0.0/16", "10.0.0.0/8"} & set(seen.direct.split(",")):
        advice = (
            "K3s takes it over. Say in /etc/environment what needs none: "
            "no_proxy=127.0.0.1,localhost,.svc,.cluster.local,10.42.0.0/16,10.43.0.0/16,"
            "and the machines' own network."
        )
        found.append(Diagnostic(f"{name}: proxy", "warn", seen.proxy, advice))
    return found
