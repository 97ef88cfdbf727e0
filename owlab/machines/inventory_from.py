"""An inventory of machines that another tool made: Lima, Vagrant, or whoever wrote an ssh config.

Such tools switch the check of host keys off. Here the keys are fetched once, from the machines as
they are now, and verified from then on.
"""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from owlab.errors import ConfigError, ProviderError
from owlab.shell import Shell

SOURCES = ("lima", "vagrant", "ssh-config")
_KEPT = {"hostname": "HostName", "port": "Port", "user": "User", "identityfile": "IdentityFile"}
_KEPT |= {"proxyjump": "ProxyJump", "identitiesonly": "IdentitiesOnly"}
_OPTION = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*)")
"""A word and its values, with or without a sign between them."""
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FoundHost:
    """One host of an ssh configuration."""

    name: str
    options: dict[str, list[str]]

    def first(self, option: str, default: str = "") -> str:
        """The value that ssh takes."""
        return self.options.get(option, [default])[0]


def hosts_of(text: str) -> list[FoundHost]:
    """The hosts of an ssh configuration; patterns are none."""
    found: list[FoundHost] = []
    inside = False
    for line in text.splitlines():
        option = _OPTION.fullmatch(line)
        key = option[1].lower() if option is not None else ""
        if key == "match":  # whatever it is about, it is no host
            inside = False
        if option is None or key not in ("host", *_KEPT):
            continue
        values = _words(option[2], line)
        if not values:
            continue
        if key == "host":
            found += [FoundHost(n, {}) for n in values[:1] if not re.search(r"[*?!]", n)]
            inside = not re.search(r"[*?!]", values[0])
        elif found and inside and key in _KEPT:
            found[-1].options.setdefault(key, []).append(values[0])
    return found


def _words(text: str, line: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError as error:
        raise ConfigError(
            brief="A line of the ssh configuration cannot be read.", details=f"{line}: {error}"
        ) from None


def read(source: str, shell: Shell, path: Path) -> list[FoundHost]:
    """What the tool knows, in its order.

    :param path: the file to read, for ``ssh-config``.
    :raises ProviderError: the tool is not there, or fails.
    """
    if source == "vagrant":
        return hosts_of(_said(shell, ["vagrant", "ssh-config"]))
    if source == "lima":
        lines = _said(shell, ["limactl", "list", "--json"]).splitlines()
        instances = [json.loads(line) for line in lines if line.strip()]
        running = [one for one in instances if one.get("status") == "Running"]
        configs = [Path(one["dir"], "ssh.config").read_text("utf-8") for one in running]
        found = [host for text in configs for host in hosts_of(text)]
        return [FoundHost(host.name.removeprefix("lima-"), host.options) for host in found]
    try:
        return hosts_of(path.expanduser().read_text("utf-8"))
    except OSError as error:
        raise ConfigError(brief=f"{path} cannot be read.", details=str(error)) from None


def choose(found: Sequence[FoundHost], names: Sequence[str]) -> list[FoundHost]:
    """The machines of the lab: those that were named; else all, master first and storage last.

    :raises ConfigError: one is not there, or there are too few.
    """
    known = {host.name: host for host in found}
    missing = [name for name in names if name not in known]
    if missing:
        raise ConfigError(
            brief=f"There is no machine {', '.join(missing)}.",
            details=f"found: {', '.join(known) or 'none'}",
        )
    chosen = [known[name] for name in names] if names else sorted(found, key=_order)
    if len(chosen) < 3:
        raise ConfigError(
            brief=f"A lab has at least three machines; found: {', '.join(known) or 'none'}.",
            details="the master, one worker or more, and the storage",
            resolution="Start them first; name them in this order when they are called otherwise.",
        )
    return chosen


def _order(host: FoundHost) -> tuple[int, str]:
    first, last = re.search(r"master|server", host.name), re.search(r"storage|nfs", host.name)
    return (0 if first else 2 if last else 1), host.name


def write(chosen: Sequence[FoundHost], target: Path, shell: Shell) -> Path:
    """Write the inventory, an ssh configuration and the hosts' keys beside it.

    :raises ProviderError: a machine does not answer.
    """
    config, keys = target.with_suffix(".ssh_config"), target.with_suffix(".known_hosts")
    blocks, known = [], []
    for host in chosen:
        lines = [f"Host {host.name}"]
        for option, word in _KEPT.items():
            lines += [f"  {word} {shlex.quote(value)}" for value in host.options.get(option, [])]
        blocks.append("\n".join([*lines, f"  UserKnownHostsFile {shlex.quote(str(keys))}"]))
        where, port = host.first("hostname", host.name), host.first("port", "22")
        if "proxyjump" in host.options:
            continue  # its key cannot be fetched from here: ssh refuses, with what to do
        known.append(_said(shell, ["ssh-keyscan", "-T", "5", "-p", port, where]))
    config.write_text("\n\n".join(blocks) + "\n", "utf-8")
    keys.write_text("".join(known), "utf-8")
    address = _addresses(chosen, config, shell)
    hosts = [{"host": h.name, **address.get(h.name, {})} for h in chosen]
    content = {"master": hosts[0], "workers": hosts[1:-1], "storage": hosts[-1]}
    text = yaml.safe_dump({**content, "ssh_config": config.name}, sort_keys=False)
    target.write_text(text, "utf-8")
    return target


def _addresses(
    chosen: Sequence[FoundHost], config: Path, shell: Shell
) -> dict[str, dict[str, str]]:
    """An address for each machine that no other has; none where the first ones differ already."""
    said: dict[str, list[str]] = {}
    for host in chosen:
        words = ["ssh", "-F", str(config), "-o", "BatchMode=yes", host.name, "hostname -I"]
        said[host.name] = [word for word in _said(shell, words).split() if _is_ipv4(word)]
    if len({tuple(one[:1]) for one in said.values()}) == len(said):
        return {}
    everywhere = [word for one in said.values() for word in one]
    own = {n: [word for word in one if everywhere.count(word) == 1] for n, one in said.items()}
    alone = [name for name, one in own.items() if not one]
    if alone:
        raise ProviderError(
            brief=f"No network connects {', '.join(alone)} with the others.",
            details="\n".join(f"{name}: {' '.join(one) or 'none'}" for name, one in said.items()),
            resolution="Vagrant: config.vm.network 'private_network', ip: '192.168.56.10'. "
            "Lima: limactl create --network=lima:user-v2.",
        )
    return {name: {"address": one[0]} for name, one in own.items()}


def _is_ipv4(word: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(word))
    except ValueError:
        return False


def _said(shell: Shell, words: Sequence[str]) -> str:
    done = shell.run(words, timeout=_SECONDS)
    if done.exit_code != 0 or not done.stdout.strip():
        said = (done.stderr or done.stdout).strip()[-800:]
        raise ProviderError(brief=f"`{' '.join(words)}` failed.", details=said)
    return done.stdout
