"""What is found out about machines reached by ssh before anything is installed on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from owlab.command import Command
from owlab.config import LabConfig
from owlab.diagnostic import Diagnostic, refused
from owlab.errors import LabError
from owlab.machines import ports
from owlab.machines.preflight import programs
from owlab.machines.ssh_probe import diagnostics

if TYPE_CHECKING:
    from owlab.machines.ssh import SshProvider


def examine(provider: SshProvider, config: LabConfig) -> list[Diagnostic]:
    """Each machine, the ports between them, and what this computer needs itself."""
    try:
        seen = provider.look()
    except LabError as error:
        return [refused("machines", error)]
    address = {m.name: provider.host(m.name).address or s.address for m, s in seen.items()}
    found = []
    for machine, one in seen.items():
        target = provider.host(machine.name).target
        found += diagnostics(machine, one, target, address[machine.name])
    here = programs({"curl": "section 7.2 calls a function with it"})
    return [*found, *_ports(provider, config, address), here]


def _ports(provider: SshProvider, config: LabConfig, address: dict[str, str]) -> list[Diagnostic]:
    wanted = ports.between(config, address)

    def ask(machine: str) -> dict[str, bool | None]:
        command = Command(ports.question(wanted[machine]), on=machine, timeout=30)
        try:
            return ports.read(provider.execute(command, {}).stdout, wanted[machine])
        except LabError:
            return {}

    master = config.machines[0].name
    entry = provider.host(master).public or address[master]
    with ThreadPoolExecutor(min(8, len(wanted)) + 1) as pool:
        mine = pool.submit(ports.from_here, [(entry, p) for p in ports.for_the_laptop(config)])
        answers = dict(zip(wanted, pool.map(ask, wanted), strict=True))
        return ports.diagnostics(config, {**answers, "this computer": mine.result()})
