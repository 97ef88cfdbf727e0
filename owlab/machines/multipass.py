"""The provider ``multipass``: virtual machines, driven through the ``multipass`` client."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence

from owlab.command import HOST, Command
from owlab.config import LabConfig, Machine
from owlab.errors import ProviderError
from owlab.machines.base import MachineInfo
from owlab.shell import Shell


class MultipassProvider:
    """Renders (machine, command) as words for Multipass' client."""

    name = "multipass"
    creates_machines = True

    def __init__(self, shell: Shell, binary: str = "multipass") -> None:
        self.shell = shell
        self.binary = binary

    def prepare(self, config: LabConfig) -> None:
        """Nothing to do: step 1.1 installs Multipass."""

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """``multipass exec -n MACHINE -- env NAME=value bash -c TEXT``."""
        given = ["env", *(f"{name}={value}" for name, value in values.items())] if values else []
        words = [*given, "bash", "-c", command.text]
        if command.on == HOST:
            return words
        return [self.binary, "exec", "-n", command.on, "--", *words]

    def machines(self) -> list[MachineInfo]:
        """Every machine of Multipass, deleted ones included."""
        done = self.shell.run([self.binary, "list", "--format", "json"], timeout=60)
        if done.exit_code != 0:
            raise ProviderError(brief="Multipass does not answer.", details=done.stderr.strip())
        return [
            MachineInfo(item["name"], item["state"], _first(item["ipv4"]), item.get("release", ""))
            for item in json.loads(done.stdout)["list"]
        ]

    def address_of(self, machine: str) -> Command:
        """The first address that ``multipass info`` shows; K3s adds addresses of its own later."""
        return Command(f"multipass info {machine} | awk '/^IPv4:/ {{print $2}}'")

    def launch(self, machine: Machine) -> Command:
        """``multipass launch``, with a deadline for a slow first boot."""
        image = f" {machine.image}" if machine.image else ""
        return Command(
            f"multipass launch{image} --name {machine.name} --cpus {machine.cpus} "
            f"--memory {machine.memory} --disk {machine.disk} --timeout 900",
            timeout=1800,
        )

    def start(self, names: Sequence[str]) -> Command:
        """``multipass start``."""
        return Command(f"multipass start {' '.join(names)}", timeout=600)

    def delete(self, names: Sequence[str]) -> Command:
        """``multipass delete --purge``, by name: never the global purge."""
        return Command(f"multipass delete --purge {' '.join(names)}", timeout=600)

    def attach(self, machine: str, text: str | None) -> int:
        """Run on this process' own streams."""
        raise ProviderError(brief="Not available yet.")

    def terminal(self, machine: str) -> int:
        """``multipass shell``."""
        raise ProviderError(brief="Not available yet.")

    def script_functions(self) -> list[str]:
        """``on``, which runs what is on its standard input on a machine."""
        return [
            "# Run the commands on standard input on a machine, with NAME=value words set for them.",
            "on() {",
            "    local machine=$1",
            "    shift",
            '    multipass exec -n "$machine" -- ${1:+env} "$@" bash -c "$(cat)"',
            "}",
        ]

    def close(self) -> None:
        """Nothing is kept."""


def _first(addresses: list[str]) -> str:
    for address in addresses:
        try:
            return str(ipaddress.ip_address(address))
        except ValueError:
            continue
    return ""
