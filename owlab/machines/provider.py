"""What a provider of machines must offer. It renders commands; it never executes a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from owlab.command import Command
from owlab.errors import ProviderError
from owlab.language import _
from owlab.shell import Finished, OnOutput, Shell

if TYPE_CHECKING:
    from owlab.config import LabConfig, MachinePlan
    from owlab.diagnostic import Diagnostic
    from owlab.machines.control import Control


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
    shell: Shell
    """Runs what it renders."""
    about: str
    """What its machines are, honestly, for `owlab status`."""
    simulated: bool
    """Its machines cost nothing, and can be thrown away and made again."""
    has_machines: bool
    """False when there is only a cluster's API: there is no machine to type on."""
    creates_machines: bool
    """False when the machines exist already: then step 1.2 only checks them."""
    fresh_ubuntu: bool
    """Its machines are the guide's: new, Ubuntu, called by their own names, with snap."""
    is_all_in_its_folder: bool
    """The machines are files of the lab's folder: :meth:`close` is enough to remove them."""

    def prepare(self, config: LabConfig) -> None:
        """Make the provider usable; raises ProviderError when it is not."""

    def refuse_early(self, config: LabConfig) -> None:
        """Raise ProviderError when this computer cannot carry the lab, before one is made."""

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        """What stands in the way, and how long it will take. Changes nothing, raises nothing."""

    def control(self, config: LabConfig) -> Control:
        """Where kubectl, helm and wsk are typed, and how they are called there."""

    def pull(self, image: str, node: str) -> Command | None:
        """The command that pulls an image on a node; None where there is no way to do it."""

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """The laptop's words that run ``command`` where it belongs.

        :param values: its variables' values, given to its environment.
        """

    def execute(
        self,
        command: Command,
        values: Mapping[str, str],
        *,
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run what :meth:`argv` renders, with the care that this provider needs.

        :raises MachineError: the machine could not be reached; says what to do.
        :raises CommandTimeout: the command did not end in time.
        """

    def look_up(self, command: Command) -> Finished | None:
        """What a command that only looks would print, where there is a shorter way to it.

        None: it has to be run. Asked for what nobody is shown: facts, checks.
        """

    def machines(self) -> list[MachineInfo]:
        """Every machine that the provider knows of, deleted ones included."""

    def machine(self, name: str) -> MachineInfo | None:
        """One machine; None when there is none of that name."""

    def address_of(self, machine: str) -> Command:
        """A command of the laptop that prints the IPv4 address that other machines use."""

    def public_address_of(self, machine: str) -> Command | None:
        """A command that prints where the laptop reaches the machine, if it is another place."""

    def has_chosen_address(self, machine: str) -> bool:
        """Somebody said which of a machine's addresses the others use."""

    def launch(self, machine: MachinePlan) -> Command:
        """The command that creates a machine."""

    def start(self, names: Sequence[str]) -> Command:
        """The command that starts stopped machines."""

    def delete(self, names: Sequence[str]) -> Command:
        """The command that removes machines for good, by exact name."""

    def manage(self, verb: str, names: Sequence[str]) -> Command:
        """The provider's own command about machines, ``info`` or ``delete --purge`` say.

        :raises ProviderError: it has none: its machines are somebody else's.
        """

    def attach(self, machine: str, text: str | None) -> int:
        """Run ``text``, or a script from standard input, on this process' own streams.

        :returns: the exit status.
        """

    def terminal(self, machine: str) -> int:
        """A terminal on a machine, or on the laptop; returns its exit status."""

    def script_functions(self) -> list[str]:
        """Lines of bash that define ``on MACHINE [NAME=value...]`` for an exported script.

        ``on`` runs the commands on its standard input on a machine, with the same words as
        :meth:`argv`.
        """

    def close(self) -> None:
        """Let go of what it keeps for this lab, after its machines are gone."""


def needs_multipass(verb: str) -> ProviderError:
    """For providers whose machines are run by somebody else."""
    return ProviderError(
        brief=_("`multipass {verb}` needs machines of Multipass.").format(verb=verb),
        resolution=_("These machines exist on their own: use the tools of whoever runs them."),
    )
