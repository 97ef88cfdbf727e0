"""Which machines the provider ``ssh`` uses, and in which roles.

A YAML file, named by the setting ``ssh_inventory``::

    master: ubuntu@10.0.0.1
    workers:
      - ubuntu@10.0.0.2
      - {host: lab-b, user: ubuntu, port: 2222, address: 192.168.0.3}
    storage: nas
    ssh_config: lab.conf       # optional: read instead of ~/.ssh/config

or ``ssh_hosts``: by name (``master=ubuntu@10.0.0.1``) or by position: the master, the workers, the
storage. With neither, the machines' names are looked up in the user's own ssh configuration.

``address`` is what the machines call one another, if it is not their first address;
``public_address`` is where this computer reaches a machine, if that is another one, as in every
cloud. A host that is given by its number is taken for that as well.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from owlab import documents
from owlab.config import LabConfig
from owlab.errors import ConfigError

_TARGET = re.compile(r"(?:(?P<user>[A-Za-z_][\w.-]*)@)?(?P<host>[A-Za-z0-9_][\w.:-]*)")
_USER = r"[A-Za-z_][\w.-]*"
_JUMP = rf"(?:{_USER}@)?[A-Za-z0-9_][\w.-]*(?::\d{{1,5}})?"
_FORMS = {
    "user": re.compile(_USER),
    "jump": re.compile(rf"{_JUMP}(?:,{_JUMP})*"),
    "identity": re.compile(r"[^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*"),
    "address": re.compile(r"[0-9.]+"),
    "public_address": re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*"),
}
_KEYS = {"host", "user", "port", "identity", "jump", "address", "public_address"}


@dataclass(frozen=True, slots=True)
class Host:
    """How to reach one machine. What is not said is left to the user's ssh configuration."""

    host: str
    user: str = ""
    port: int | None = None
    identity: str = ""
    jump: str = ""
    address: str = ""
    public_address: str = ""

    @property
    def public(self) -> str:
        """Where this computer reaches the machine, if it was told; not through a jump host."""
        if self.public_address or self.jump or self.port:
            return self.public_address  # behind another port, there is another machine
        return self.host if _is_number(self.host) and self.host != self.address else ""

    @property
    def target(self) -> str:
        """``user@host``."""
        return f"{self.user}@{self.host}" if self.user else self.host

    @property
    def options(self) -> list[str]:
        """The words for ``ssh`` that belong to this host alone."""
        words = ["-p", str(self.port)] if self.port else []
        words += ["-i", self.identity] if self.identity else []
        return words + (["-J", self.jump] if self.jump else [])


@dataclass(frozen=True, slots=True)
class Inventory:
    """The hosts by machine's name, and an ssh configuration to use instead of the user's own."""

    hosts: Mapping[str, Host]
    ssh_config: str = ""


def load(config: LabConfig) -> Inventory:
    """The inventory of a lab.

    :raises ConfigError: a host cannot be read, or there are not as many as the lab has machines.
    """
    if config.ssh.inventory and config.ssh.hosts:
        raise ConfigError(
            brief="Give ssh_inventory or ssh_hosts, not both.",
            resolution="The hosts can be written into the inventory.",
        )
    if config.ssh.inventory:
        return _from_file(Path(config.ssh.inventory).expanduser(), config)
    if config.ssh.hosts:
        return Inventory(_from_words(config.ssh.hosts, config))
    return Inventory({machine.name: Host(machine.name) for machine in config.machines})


def _from_file(path: Path, config: LabConfig) -> Inventory:
    try:
        said = documents.load(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            brief=f"The inventory {str(path)!r} cannot be read.", details=str(error)
        ) from None
    if not isinstance(said, dict) or set(said) - {"master", "workers", "storage", "ssh_config"}:
        raise ConfigError(
            brief=f"The inventory {str(path)!r} needs master, workers and storage.",
            details=f"it says: {', '.join(map(str, said)) if isinstance(said, dict) else said!r}"[
                :500
            ],
            resolution="For example: {master: ubuntu@a, workers: [ubuntu@b], storage: ubuntu@c}",
        )
    workers = said.get("workers")
    if not said.get("master") or not said.get("storage") or not isinstance(workers, list):
        raise ConfigError(
            brief=f"The inventory {str(path)!r} needs a master, a list of workers and a storage."
        )
    hosts = [_host(item) for item in (said["master"], *workers, said["storage"])]
    named = str(said.get("ssh_config") or "")
    ssh_config = str((path.parent / Path(named).expanduser()).absolute()) if named else ""
    return Inventory(_in_order(hosts, config), ssh_config)


def _from_words(words: Iterable[str], config: LabConfig) -> dict[str, Host]:
    named = {w.partition("=")[0]: w.partition("=")[2] for w in words if "=" in w}
    others = [_host(word) for word in words if "=" not in word]
    names = [machine.name for machine in config.machines]
    if not named:
        return _in_order(others, config)
    if others or set(named) != set(names):
        raise ConfigError(
            brief="ssh_hosts names other machines than the lab has.",
            details=f"given: {', '.join(words)}; the lab's machines: {', '.join(names)}",
            resolution="Write NAME=user@host for every machine, or user@host for all in order.",
        )
    return {name: _host(named[name]) for name in names}


def _in_order(hosts: list[Host], config: LabConfig) -> dict[str, Host]:
    names = [machine.name for machine in config.machines]
    if len(hosts) != len(names):
        raise ConfigError(
            brief=f"{len(hosts)} machines are given by ssh, the lab has {len(names)}: "
            f"{', '.join(names)}.",
            resolution=f"Set workers to {max(len(hosts) - 2, 1)}, or give other machines.",
        )
    return dict(zip(names, hosts, strict=True))


def _host(said: object) -> Host:
    item = {"host": said} if isinstance(said, str) else said
    if not isinstance(item, dict) or set(item) - _KEYS or not item.get("host"):
        raise ConfigError(
            brief=f"{said!r} is no machine.",
            resolution=f"Write user@host, or a mapping with {', '.join(sorted(_KEYS))}.",
        )
    match = _TARGET.fullmatch(str(item["host"]))
    if match is None:  # a dash in front would be an option for ssh
        raise ConfigError(brief=f"{item['host']!r} is no user@host.")
    for key, allowed in _FORMS.items():  # none of them may look like an option of ssh
        value = item.get(key)
        if value is not None and (not isinstance(value, str) or not allowed.fullmatch(value)):
            kind = key.rpartition("_")[2]
            raise ConfigError(brief=f"The machine {match[0]!r}: {str(value)[:100]!r} is no {kind}.")
    address, public = str(item.get("address") or ""), str(item.get("public_address") or "")
    port = item.get("port")
    try:
        _ = ipaddress.IPv4Address(address) if address else None
        number = int(port) if port is not None else None
    except (ValueError, TypeError, OverflowError) as error:
        raise ConfigError(brief=f"The machine {item['host']!r}: {error}.") from None
    if number is not None and not 0 < number < 65536:
        raise ConfigError(brief=f"The machine {item['host']!r}: {number} is no port.")
    return Host(
        host=match["host"],
        user=str(item.get("user") or match["user"] or ""),
        port=number,
        identity=str(item.get("identity") or ""),
        jump=str(item.get("jump") or ""),
        address=address,
        public_address=public,
    )


def _is_number(host: str) -> bool:
    try:
        return not ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False
