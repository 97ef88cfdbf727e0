"""The provider ``multipass``: virtual machines, driven through the ``multipass`` client."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from owlab.command import HOST, Command
from owlab.config import LabConfig, MachinePlan
from owlab.diagnostic import Diagnostic
from owlab.language import N_
from owlab.machines.command_line import foreground, words_of
from owlab.machines.control import Control, on_the_master
from owlab.machines.deadline import SPARE_SECONDS, limited, refuse_late
from owlab.machines.multipass_cli import MultipassCLI
from owlab.machines.multipass_errors import DaemonUnreachable, InstanceUnavailable
from owlab.machines.multipass_launch import Launcher
from owlab.machines.multipass_models import InstanceState
from owlab.machines.preflight import architecture, preflight, refuse
from owlab.machines.provider import MachineInfo
from owlab.shell import Finished, Shell

_TRIES = 3
"""A service that is just starting refuses its first callers."""

"""Exit statuses of ``timeout``: ended, and killed."""


class MultipassProvider:
    """Renders (machine, command) as words for Multipass' client.

    :meth:`argv` is what is shown and exported. :meth:`execute` runs the same words inside a guard
    (:func:`owlab.machines.multipass_cli.guarded`) that tells the guest's exit status apart from
    Multipass' own, and ends in the guest what takes too long.

    :param guarded: False for a binary without Multipass' quirks.
    """

    name = "multipass"
    about = N_("virtual machines of Multipass")
    simulated = False
    has_machines = True
    creates_machines = True
    fresh_ubuntu = True
    is_all_in_its_folder = False

    def __init__(
        self,
        shell: Shell,
        binary: str = "multipass",
        *,
        guarded: bool = True,
        patience: float = 900,
        pause: float = 2.0,
    ) -> None:
        self.shell = shell
        self.binary = binary
        self.cli = MultipassCLI(shell, binary)
        self._guarded = guarded
        self._pause = pause
        self._launcher = Launcher(self.cli, patience=patience, pause=pause)
        self._launches: dict[str, MachinePlan] = {}

    def prepare(self, config: LabConfig) -> None:
        """Nothing to do: step 1.1 installs Multipass."""

    def refuse_early(self, config: LabConfig) -> None:
        """An ARM computer: OpenWhisk's images are amd64 only. The rest is `owlab doctor`'s."""
        refuse([architecture(platform.machine())])

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        """This computer, Multipass, and the names of the lab's machines."""
        return preflight(config, self.cli)

    def control(self, config: LabConfig) -> Control:
        """On the master."""
        return on_the_master(config)

    def pull(self, image: str, node: str) -> Command:
        """With K3s' own client of its container runtime."""
        return Command(f"sudo k3s crictl pull docker.io/{image}", on=node, timeout=900)

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """``multipass exec -n MACHINE -- env NAME=value bash -c TEXT``."""
        words = words_of(command, values)
        if command.on == HOST:
            return words
        return [self.binary, "exec", "-n", command.on, "--", *words]

    def execute(
        self,
        command: Command,
        values: Mapping[str, str],
        *,
        on_output: Callable[[str, str], None] | None = None,
    ) -> Finished:
        """Run what :meth:`argv` renders, with the care that Multipass needs.

        :raises MachineError: Multipass did not get as far as the command; says what to do.
        :raises CommandTimeout: the command took too long. It was ended in the machine too.
        """
        if command.on != HOST and self._guarded:
            return self._inside(command, values, on_output)

        def run() -> Finished:
            argv = self.argv(command, values)
            return self.shell.run(argv, timeout=command.timeout, on_output=on_output)

        machine = self._launches.get(command.text) if command.on == HOST else None
        if machine is not None and self._guarded:
            return self._launcher.launch(machine, run)
        return run()

    def _inside(
        self,
        command: Command,
        values: Mapping[str, str],
        on_output: Callable[[str, str], None] | None,
    ) -> Finished:
        words = limited(command, values)
        done = self.cli.exec(
            name=command.on,
            words=words,
            timeout=command.timeout + SPARE_SECONDS,
            on_output=on_output,
        )
        refuse_late(command, done, f"multipass shell {command.on}")
        return done

    def look_up(self, command: Command) -> Finished | None:
        """There is no shorter way."""
        return None

    def machines(self) -> list[MachineInfo]:
        """Every machine of Multipass, deleted ones included."""
        for attempt in range(_TRIES):
            try:
                found = self.cli.machines()
                break
            except DaemonUnreachable:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(self._pause)
        return [
            MachineInfo(one.name, one.word, one.ipv4[0] if one.ipv4 else "", one.release)
            for one in found
        ]

    def machine(self, name: str) -> MachineInfo | None:
        """One machine of Multipass."""
        return next((info for info in self.machines() if info.name == name), None)

    def address_of(self, machine: str) -> Command:
        """The first address that ``multipass info`` shows; K3s adds addresses of its own later."""
        return Command(f"multipass info {machine} | awk '/^IPv4:/ {{print $2}}'")

    def public_address_of(self, machine: str) -> None:
        """The laptop uses the same address."""

    def has_chosen_address(self, machine: str) -> bool:
        """There is one address to choose from."""
        return False

    def launch(self, machine: MachinePlan) -> Command:
        """``multipass launch``, with a deadline for a slow first boot."""
        image = f" {machine.image}" if machine.image else ""
        text = (
            f"multipass launch{image} --name {machine.name} --cpus {machine.cpus} "
            f"--memory {machine.memory} --disk {machine.disk} --timeout 900"
        )
        self._launches[text] = machine
        return Command(text, timeout=1800)

    def start(self, names: Sequence[str]) -> Command:
        """What brings machines up from the state that they are in."""
        states = {name: self.cli.state(name) for name in names}
        for name, state in states.items():
            if state is InstanceState.UNAVAILABLE:
                raise InstanceUnavailable(
                    f"The zone of {name} is switched off.",
                    resolution="`multipass zones`, then `multipass enable-zones ZONE`.",
                )
            limit = time.monotonic() + 120
            while states[name] is InstanceState.SUSPENDING and time.monotonic() < limit:
                time.sleep(self._pause)
                states[name] = self.cli.state(name)
        texts = []
        delayed = [
            name for name, state in states.items() if state is InstanceState.DELAYED_SHUTDOWN
        ]
        lost = [name for name, state in states.items() if state is InstanceState.UNKNOWN]
        others = [name for name in names if name not in delayed]
        if delayed:
            texts.append(f"multipass stop --cancel {' '.join(delayed)}")
        if lost:
            texts.append(f"multipass stop --force {' '.join(lost)}")
        if others:
            texts.append(f"multipass start {' '.join(others)}")
        return Command(" &&\n".join(texts), timeout=600)

    def delete(self, names: Sequence[str]) -> Command:
        """``multipass delete --purge``, by name: never the global purge."""
        return Command(f"multipass delete --purge {' '.join(names)}", timeout=600)

    def manage(self, verb: str, names: Sequence[str]) -> Command:
        """``multipass VERB NAMES``."""
        return Command(f"multipass {verb} {' '.join(names)}", timeout=330)

    def attach(self, machine: str, text: str | None) -> int:
        """Run on this process' own streams."""
        command = Command(sys.stdin.read() if text is None else text, on=machine)
        return foreground(self.argv(command, {}))

    def terminal(self, machine: str) -> int:
        """``multipass shell``."""
        words = ["bash"] if machine == HOST else [self.binary, "shell", machine]
        return foreground(words)

    def script_functions(self) -> list[str]:
        """``on``, which runs what is on its standard input on a machine."""
        return [
            "# Run the commands on standard input on a machine, with NAME=value words set there.",
            "on() {",
            "    local machine=$1",
            "    shift",
            "    # Up to 1.16, exec repeats for ever what ends with 4.",
            "    # shellcheck disable=SC2016",
            """    multipass exec -n "$machine" -- \\""",
            """        bash -c '"$@" || exit $(($? == 4 ? 1 : $?))' - \\""",
            """        timeout -k 5 "${limit:-120}" ${1:+env} "$@" bash -c "$(cat)" ||""",
            """        late $? "$machine\"""",
            "}",
        ]

    def close(self) -> None:
        """Nothing is kept."""
