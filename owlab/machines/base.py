"""What a provider of machines must offer. It renders commands; it never executes a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from owlab.command import Command
from owlab.config import LabConfig, Machine


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """One machine as the provider sees it now.

    ``state`` is Multipass' word (``Running``, ``Stopped``, ``Deleted``, ...) or ``Reachable`` and
    ``Unreachable`` for machines that exist; ``ipv4`` is empty unless it is known.
    """

    name: str
    state: str
    ipv4: str = ""
    release: str = ""
    cpus: int | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None


class Provider(Protocol):
    """Supplies the machines. Steps do not know which one they run on."""

    name: str
    creates_machines: bool
    """False when the machines exist already: then step 1.2 only checks them."""

    def prepare(self, config: LabConfig) -> None:
        """Make the provider usable; raises ProviderError when it is not."""

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """The laptop's words that run ``command`` where it belongs.

        :param values: its variables' values, given to its environment.
        """

    def machines(self) -> list[MachineInfo]:
        """Every machine that the provider knows of, deleted ones included."""

    def address_of(self, machine: str) -> Command:
        """A command of the laptop that prints the machine's IPv4 address."""

    def launch(self, machine: Machine) -> Command:
        """The command that creates a machine."""

    def start(self, names: Sequence[str]) -> Command:
        """The command that starts stopped machines."""

    def delete(self, names: Sequence[str]) -> Command:
        """The command that removes machines for good, by exact name."""

    def close(self) -> None:
        """Let go of connections; the machines stay."""
