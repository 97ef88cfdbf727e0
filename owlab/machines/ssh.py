"""The provider ``ssh``: machines that exist already. It cannot create, snapshot or delete them.

Uses the system's ``ssh`` with the user's own configuration, agent and jump hosts. One connection
per machine is kept and shared. Host keys are verified, and nothing ever asks for a password.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from owlab.command import HOST, Command
from owlab.config import LabConfig, MachinePlan
from owlab.diagnostic import Diagnostic
from owlab.errors import CommandTimeout, LabError, MachineError, ProviderError
from owlab.language import N_
from owlab.machines import inventory
from owlab.machines.command_line import foreground, one_line, words_of
from owlab.machines.control import Control, on_the_master
from owlab.machines.deadline import SPARE_SECONDS, limited, refuse_late
from owlab.machines.private import private_folder
from owlab.machines.provider import MachineInfo, needs_multipass
from owlab.machines.ssh_errors import TRANSPORT_FAILED, SshError, classify
from owlab.machines.ssh_preflight import examine
from owlab.machines.ssh_probe import PROBE, Seen, read_probe, refuse, refuse_twins
from owlab.shell import Finished, Shell

_VERIFIED = ("-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes")
_PATIENCE = ("-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15")
_KEEP_SECONDS = 120
_PROBE_SECONDS = 60


class SshProvider:
    """Renders (machine, command) as words for ``ssh``."""

    name = "ssh"
    about = N_("machines reached by ssh")
    simulated = False
    has_machines = True
    creates_machines = False
    fresh_ubuntu = False
    is_all_in_its_folder = False

    def __init__(self, config: LabConfig, directory: Path, shell: Shell) -> None:
        self.shell = shell
        self._machines = config.machines
        self._inventory = inventory.load(config)
        self._sockets = _socket_folder(directory)
        self._prepared = False
        self._lock = threading.Lock()

    def prepare(self, config: LabConfig) -> None:
        """Once: every machine answers, may be administered without a password, and suits.

        :raises ProviderError: names each machine that does not, and what to do.
        """
        with self._lock:
            if self._prepared:
                return
            self.look()
            self._prepared = True

    def look(self) -> dict[MachinePlan, Seen]:
        """What each machine is, now.

        :raises ProviderError: as :meth:`prepare`.
        """
        wrong: list[LabError] = []
        suitable: dict[MachinePlan, Seen] = {}
        for machine, seen in self._probe_all().items():
            if isinstance(seen, LabError):
                wrong.append(seen)
                continue
            suitable[machine] = seen
            wrong += refuse(machine, seen)
        wrong += refuse_twins(
            {m.name: self.host(m.name).address or s.address for m, s in suitable.items()}
        )
        if len(wrong) == 1:
            raise wrong[0]
        if wrong:
            raise ProviderError(
                brief=f"{len(wrong)} machines cannot be used.",
                details="\n".join(str(error) for error in wrong),
                resolution="Correct these, and try again; nothing was changed.",
            )
        return suitable

    def refuse_early(self, config: LabConfig) -> None:
        """Nothing is made here; :meth:`prepare` has looked at each machine."""

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        """Each machine: reached, suitable, as big as the guide wants; the ports between them."""
        return examine(self, config)

    def control(self, config: LabConfig) -> Control:
        """On the master."""
        return on_the_master(config)

    def pull(self, image: str, node: str) -> Command:
        """With K3s' own client of its container runtime."""
        return Command(f"sudo k3s crictl pull docker.io/{image}", on=node, timeout=900)

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """``ssh OPTIONS TARGET -- 'env NAME=value bash -c TEXT'``, as any login shell reads it."""
        words = words_of(command, values)
        return words if command.on == HOST else self._over(command.on, words)

    def _over(self, machine: str, words: Sequence[str]) -> list[str]:
        host = self.host(machine)
        return ["ssh", *self._options(host), host.target, "--", one_line(words)]

    def execute(
        self,
        command: Command,
        values: Mapping[str, str],
        *,
        on_output: Callable[[str, str], None] | None = None,
    ) -> Finished:
        """Run what :meth:`argv` renders; a failure of ssh itself is raised, with what to do.

        :raises CommandTimeout: the command took too long. It was ended in the machine too.
        """
        if command.on == HOST:
            argv = self.argv(command, values)
            return self.shell.run(argv, timeout=command.timeout, on_output=on_output)
        argv = self._over(command.on, limited(command, values))
        limit = command.timeout + SPARE_SECONDS
        done = self.shell.run(argv, timeout=limit, on_output=on_output)
        if done.exit_code == TRANSPORT_FAILED:
            error = classify(command.on, self.host(command.on), done.stderr)
            if error is not None:
                raise error
        refuse_late(command, done, f"owlab shell {command.on}")
        return done

    def look_up(self, command: Command) -> Finished | None:
        """There is no shorter way."""
        return None

    def machines(self) -> list[MachineInfo]:
        """The lab's machines: ``Reachable`` with what they are, or ``Unreachable``."""
        return [self._info(one.name, seen) for one, seen in self._probe_all().items()]

    def machine(self, name: str) -> MachineInfo | None:
        """One machine: the others are not asked."""
        known = any(machine.name == name for machine in self._machines)
        return self._info(name, self._probe(name)) if known else None

    def address_of(self, machine: str) -> Command:
        """What the inventory says, or the machine's first address."""
        address = self.host(machine).address
        if address:
            return Command(f"printf %s {address}")
        return Command("hostname -I | awk '{print $1}'", on=machine)

    def public_address_of(self, machine: str) -> Command | None:
        """What the inventory says, or the address by which ssh is told to go there."""
        public = self.host(machine).public
        return Command(f"printf %s {public}") if public else None

    def has_chosen_address(self, machine: str) -> bool:
        """The inventory names one."""
        return bool(self.host(machine).address)

    def launch(self, machine: MachinePlan) -> Command:
        """It exists: what has to be true of it before anything else is done."""
        return Command(
            "sudo -n true",
            on=machine.name,
            why=f"ssh creates no machines: {machine.name} has to be there, and let you be root "
            "without a password",
        )

    def start(self, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise _cannot(f"start {', '.join(names)}", "Switch it on where it is, then try again.")

    def delete(self, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise _cannot(f"delete {', '.join(names)}", "`owlab down` undoes the steps on it instead.")

    def manage(self, verb: str, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise needs_multipass(verb)

    def attach(self, machine: str, text: str | None) -> int:
        """Run on this process' own streams."""
        command = Command(sys.stdin.read() if text is None else text, on=machine)
        return foreground(self.argv(command, {}))

    def terminal(self, machine: str) -> int:
        """``ssh``, with a terminal."""
        if machine == HOST:
            return foreground(["bash"])
        host = self.host(machine)
        return foreground(["ssh", "-t", *self._options(host), host.target])

    def script_functions(self) -> list[str]:
        """``on``, with each machine's target."""
        lines = [
            "# Run the commands on standard input on a machine, with NAME=value words set there.",
            "on() {",
            "    local machine=$1 words",
            "    shift",
            "    local -a reach",
            "    case $machine in",
        ]
        for name, host in self._inventory.hosts.items():
            lines.append(f"        {name}) reach=({shlex.join([*host.options, host.target])}) ;;")
        own = ["-F", self._inventory.ssh_config] if self._inventory.ssh_config else []
        ssh = shlex.join(["ssh", *own, *_VERIFIED, *_PATIENCE])
        return [
            *lines,
            "    esac",
            "    # Packed, so that it does not matter which login shell is there.",
            """    words=$(printf '%q ' exec timeout -k 5 "${limit:-120}" ${1:+env} "$@" \\""",
            """        bash -c "$(cat)" | base64 | tr -d '\\n')""",
            f'    {ssh} "${{reach[@]}}" -- \\',
            """        "bash -c 'eval \\"\\$(echo $words | base64 -d)\\"'" ||""",
            """        late $? "$machine\"""",
            "}",
        ]

    def close(self) -> None:
        """Close the shared connections."""
        for host in self._inventory.hosts.values():
            with suppress(LabError):
                words = ["ssh", *self._options(host), "-O", "exit", host.target]
                self.shell.run(words, timeout=10)
        with suppress(OSError):
            self._sockets.rmdir()

    # -- helpers ---------------------------------------------------------------------------

    def host(self, machine: str) -> inventory.Host:
        try:
            return self._inventory.hosts[machine]
        except KeyError:
            names = ", ".join(self._inventory.hosts)
            raise MachineError(
                brief=f"There is no machine {machine!r}.", resolution=f"The lab's: {names}."
            ) from None

    def _options(self, host: inventory.Host) -> list[str]:
        own = ["-F", self._inventory.ssh_config] if self._inventory.ssh_config else []
        shared = ("ControlMaster=auto", f"ControlPath={self._sockets}/%C")
        kept = [*shared, f"ControlPersist={_KEEP_SECONDS}"]
        sharing = [word for option in kept for word in ("-o", option)]
        return [*own, *_VERIFIED, *_PATIENCE, *sharing, *host.options]

    def _probe_all(self) -> dict[MachinePlan, Seen | LabError]:
        names = [machine.name for machine in self._machines]
        with ThreadPoolExecutor(min(8, len(names))) as pool:
            return dict(zip(self._machines, pool.map(self._probe, names), strict=True))

    def _probe(self, name: str) -> Seen | LabError:
        command = Command(PROBE, on=name, timeout=_PROBE_SECONDS)
        asked = time.time()
        try:
            done = self.execute(command, {})
        except CommandTimeout as error:
            return SshError(f"{name} does not answer.", str(error), "Try `ssh` by hand.")
        except LabError as error:
            return error
        if done.exit_code != 0:
            return SshError(f"{name} could not be looked at.", done.stderr.strip())
        return read_probe(done.stdout, asked)

    def _info(self, name: str, seen: Seen | LabError) -> MachineInfo:
        if isinstance(seen, LabError):
            return MachineInfo(name, "Unreachable")
        address = self._inventory.hosts[name].address or seen.address
        return MachineInfo(name, "Reachable", address, seen.release, seen.cpus, seen.memory_bytes)


def _socket_folder(directory: Path) -> Path:
    folder = private_folder() / hashlib.sha256(str(directory).encode()).hexdigest()[:8]
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _cannot(what: str, resolution: str) -> ProviderError:
    return ProviderError(
        brief=f"The provider ssh cannot {what}: it uses machines that exist.",
        resolution=resolution,
    )
