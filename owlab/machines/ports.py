"""The ports that the guide's machines use, and whether they are open, before anything listens.

A closed port answers too: the machine refuses at once, or tells that nobody is there. Only a
firewall, or a cloud's security group, says nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from owlab.config import LabConfig
from owlab.diagnostic import Diagnostic

PATIENCE = 3
"""Seconds until silence is taken for a firewall's."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port and its use."""

    number: int
    use: str
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


API = Port(6443, "K3s' API, for workers and your kubectl")
KUBELET = Port(10250, "logs and exec, between the nodes")
PODS = Port(8472, "the pods' own network, between the nodes", "udp")
NFS = Port(2049, "the NFS server, for the nodes")


def ports(config: LabConfig) -> list[Port]:
    """All that the guide needs open."""
    return [API, KUBELET, PODS, NFS, _functions(config)]


def for_the_laptop(config: LabConfig) -> list[Port]:
    """What this computer wants to reach on the master."""
    return [API, _functions(config)]


def _functions(config: LabConfig) -> Port:
    return Port(config.openwhisk.port, "OpenWhisk, for this computer")


Target = tuple[str, Port]
"""An address, and a port there."""


def between(config: LabConfig, address: Mapping[str, str]) -> dict[str, list[Target]]:
    """From each machine, what has to be reached. The nodes ask one another in a ring."""
    nodes = [machine.name for machine in config.machines if machine.is_node]
    storage = next(m.name for m in config.machines if m.role == "storage")
    found: dict[str, list[Target]] = {}
    for node, following in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
        targets = [(address[following], KUBELET), (address[following], PODS)]
        if node != nodes[0]:
            targets.append((address[nodes[0]], API))
        targets.append((address[storage], NFS))
        found[node] = targets if len(nodes) > 1 else targets[2:]
    return found


def question(targets: Sequence[Target]) -> str:
    """Bash that asks all targets at once; :func:`read` understands what it prints."""
    return "\n".join([*(_ask(address, port) for address, port in targets), "wait"])


def _ask(address: str, port: Port) -> str:
    place = f"/dev/{port.protocol}/{address}/{port.number}"
    # What UDP could not deliver is told to whoever writes a second time.
    text = f"exec 3<>{place}" + (" && echo >&3; sleep 1; echo >&3" if port is PODS else "")
    return (
        f"{{ said=$(LC_ALL=C timeout {PATIENCE} bash -c '{text}' 2>&1); "
        f'echo "{address} {port} $? ${{said##*: }}"; }} &'
    )


def read(output: str, targets: Sequence[Target]) -> dict[str, bool | None]:
    """``address port``: whether it can be reached; None when UDP said nothing.

    In the order of the targets: they answer in any.
    """
    found: dict[str, bool | None] = {}
    for line in output.splitlines():
        words = line.split(" ", 3)
        if len(words) < 3 or not words[2].isdigit():
            continue
        open_or_refused = words[2] == "0" or "refused" in " ".join(words[3:])
        silent_udp = words[1].endswith("udp") and words[2] == "0"
        found[f"{words[0]} {words[1]}"] = None if silent_udp else open_or_refused
    names = [f"{address} {port}" for address, port in targets]
    return {name: found[name] for name in names if name in found}


def from_here(targets: Sequence[Target]) -> dict[str, bool | None]:
    """The same, asked by this computer."""
    with ThreadPoolExecutor(max(1, len(targets))) as pool:
        answers = list(pool.map(_reaches, targets))
    return {f"{a} {port}": answer for (a, port), answer in zip(targets, answers, strict=True)}


def _reaches(target: Target) -> bool:
    address, port = target
    try:
        socket.create_connection((address, port.number), PATIENCE).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def diagnostics(
    config: LabConfig, answers: Mapping[str, Mapping[str, bool | None]]
) -> list[Diagnostic]:
    """What is closed, and what that would break later; by who asked."""
    uses = {str(port): port.use for port in ports(config)}
    closed = [
        Diagnostic(
            f"{who} to {target.replace(' ', ':')}",
            "fail" if answer is False else "warn",
            "no answer" if answer is False else "cannot be told: UDP, and nobody said no",
            f"Open it in the firewall or the cloud's security group: {uses[target.split()[1]]}.",
        )
        for who, asked in answers.items()
        for target, answer in asked.items()
        if answer is not True
    ]
    return closed or [Diagnostic("ports", "ok", ", ".join(uses))]
