"""A kernel's parameters, which a machine of the lab only keeps: there is no kernel to heed them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

DEFAULTS = {
    "fs.file-max": "9223372036854775807",
    "fs.inotify.max_user_instances": "128",
    "fs.inotify.max_user_watches": "62464",
    "kernel.hostname": "",
    "kernel.panic": "0",
    "kernel.panic_on_oops": "0",
    "kernel.pid_max": "4194304",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.core.somaxconn": "4096",
    "net.ipv4.conf.all.forwarding": "1",
    "net.ipv4.ip_forward": "1",
    "net.ipv4.ip_local_port_range": "32768\t60999",
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.all.forwarding": "0",
    "vm.max_map_count": "1048576",
    "vm.overcommit_memory": "0",
    "vm.swappiness": "60",
}
KEPT = "/run/sysctl.values"


def values(machine: Machine) -> dict[str, str]:
    """All of them now."""
    return {**DEFAULTS, "kernel.hostname": machine.name, **_kept(machine)}


def put(machine: Machine, changed: Mapping[str, str]) -> None:
    """Give some of them another value."""
    kept = {**_kept(machine), **changed}
    machine.write(KEPT, "".join(f"{name}={value}\n" for name, value in kept.items()).encode())


def _kept(machine: Machine) -> dict[str, str]:
    lines = (machine.read(KEPT) or b"").decode(errors="replace").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
