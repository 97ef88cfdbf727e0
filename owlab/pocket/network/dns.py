"""Questions to name servers, their answers, and how a system asks them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from owlab.pocket.ground import internet
from owlab.pocket.network.network_hosts import NetworkHosts

_TTL = 5
NODE_SERVER = "127.0.0.53"
"""Of machines themselves: systemd's."""


@dataclass(frozen=True)
class NameRecord:
    """One line of an answer."""

    name: str
    kind: str
    data: str
    ttl: int = _TTL


@dataclass(frozen=True)
class NameAnswer:
    """What a name server says."""

    status: str = "NOERROR"
    records: list[NameRecord] = field(default_factory=list)

    def addresses(self) -> list[str]:
        """Those of its A records."""
        return [record.data for record in self.records if record.kind == "A"]


@dataclass(frozen=True)
class ResolverConfig:
    """What ``/etc/resolv.conf`` says."""

    servers: tuple[str, ...]
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def dots(self) -> int:
        """From how many dots on a name is asked for as it is first."""
        given = [option[6:] for option in self.options if option.startswith("ndots:")]
        return int(given[-1]) if given and given[-1].isdecimal() else 1

    def text(self) -> str:
        """As the file has it."""
        lines = [f"search {' '.join(self.searches)}"] if self.searches else []
        lines += [f"nameserver {server}" for server in self.servers]
        lines += [f"options {' '.join(self.options)}"] if self.options else []
        return "\n".join([*lines, ""])

    def candidates(self, name: str) -> list[str]:
        """Full names to ask for, in their order."""
        if name.endswith("."):
            return [name]
        searched = [f"{name}.{domain}" for domain in self.searches]
        return [name, *searched] if name.count(".") >= self.dots else [*searched, name]


def outside(fleet: NetworkHosts, name: str, nodes: dict[str, str] | None = None) -> str | None:
    """The address of a name that is none of a cluster's: a machine's, or the internet's."""
    if nodes and name in nodes:
        return nodes[name]
    machine = fleet.get(name.removesuffix(".local"))
    if machine is not None and machine.running:
        return machine.address
    return internet.address_of(name)


def is_address(text: str) -> bool:
    """An IP address by its form."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
