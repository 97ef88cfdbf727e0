"""A lab: its configuration, its provider of machines, and the door to processes."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from owlab import places, settings
from owlab.command import HOST, Command, Result, Variable
from owlab.config import LabConfig, MachinePlan
from owlab.errors import CommandError, CommandTimeout, ConfigError, MachineError
from owlab.events import Event, Listener
from owlab.fact import Fact
from owlab.journal import Journal
from owlab.lab_folder import LabFolder
from owlab.language import _, listed
from owlab.machines import provider_for
from owlab.machines.provider import MachineInfo, Provider
from owlab.redact import LineRedactor, redact
from owlab.shell import Finished, OnOutput, Shell

T = TypeVar("T")
# Exit statuses of commands that had none: as `ssh`, `timeout` and a shell tell them.
_UNREACHABLE, _TOO_LATE, _INTERRUPTED = 255, 124, 130
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_FRESH_SECONDS = 1.0
"""How long it is believed that a machine runs."""


class Lab:
    """What a step sees: runs commands on the laptop and the machines, reads, and knows addresses.

    It tells listeners what happens. ``planning`` labs are for showing commands: they start nothing.
    The one that users open, and that knows the guide, is :class:`owlab.guided.GuidedLab`.
    """

    def __init__(
        self,
        config: LabConfig,
        directory: Path,
        provider: Provider,
        *,
        planning: bool = False,
    ) -> None:
        self.config = config
        self.directory = directory
        self.provider = provider
        self.planning = planning
        self.folder = LabFolder(directory)
        self.journal = Journal(directory / "journal.jsonl")
        self._looking = threading.Lock()
        self._looked = -_FRESH_SECONDS
        self._states: dict[str, str] = {}
        self.listeners: list[Listener] = [] if planning else [self.journal]

    # -- opening ---------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        name: str = "owlab",
        *,
        config_file: Path | None = None,
        planning: bool = False,
        what_if: bool = False,
        **overrides: Any,
    ) -> Self:
        """Find the lab ``name``, or make it, with these settings. Starts no machine.

        :param what_if: also with settings that the lab was not built with; for looking only.
        :param overrides: settings by flat name, such as ``workers=3``; None means "as it is".
        :raises ConfigError: a setting is wrong, or differs from what the lab was built with.
        """
        directory = places.lab_directory(name)
        folder = LabFolder(directory)
        saved = folder.settings()
        config = settings.load({**overrides, "name": name}, file=config_file, saved=saved)
        if saved is not None and folder.is_built and not (planning and what_if):
            _refuse_changes(settings.load(saved, environment={}), config)
        if not planning:
            folder.make_folder()
            if config.flat() != saved:
                folder.write_settings(config.flat())
        return cls(config, directory, provider_for(config, directory), planning=planning)

    def __repr__(self) -> str:
        machines = ", ".join(machine.name for machine in self.config.machines)
        return f"<Lab {self.config.name!r} on {self.config.provider}: {machines}>"

    @property
    def shell(self) -> Shell:
        """Starts its processes, and ends them on request."""
        return self.provider.shell

    # -- machines --------------------------------------------------------------------------

    @property
    def master(self) -> str:
        """The machine with the control plane."""
        return next(m.name for m in self.config.machines if m.role == "server")

    @property
    def workers(self) -> list[str]:
        """The machines that run functions."""
        return [m.name for m in self.config.machines if m.role == "agent"]

    @property
    def nodes(self) -> list[str]:
        """The machines of the Kubernetes cluster."""
        return [m.name for m in self.config.machines if m.is_node]

    @property
    def storage(self) -> str:
        """The NFS server."""
        return next(m.name for m in self.config.machines if m.role == "storage")

    def machine(self, name: str) -> MachinePlan:
        """A machine's settings; raises MachineError for a name that the lab does not have."""
        for machine in self.config.machines:
            if machine.name == name:
                return machine
        names = listed(m.name for m in self.config.machines)
        raise MachineError(
            brief=_("The lab has no machine {name!r}.").format(name=name),
            resolution=_("Its machines: {names}.").format(names=names),
        )

    def machine_info(self, name: str) -> MachineInfo | None:
        """What the provider knows of a machine now; None when there is none of that name."""
        self.provider.prepare(self.config)
        return self.provider.machine(name)

    def address_variable(self, machine: str) -> Variable:
        """``MASTER_IP`` and the like: read whenever it is needed, since addresses change."""
        self.machine(machine)
        # A node of a given cluster may have dots in its name, and a digit in front.
        name = re.sub(r"\W", "_", machine.upper())
        name = f"NODE_{name}" if name[0].isdigit() else name
        return Variable(f"{name}_IP", self.provider.address_of(machine))

    def address(self, machine: str) -> str:
        """A machine's IPv4 address, or a host's name, read now.

        :raises MachineError: it has none: it does not run.
        """
        found = self.value(self.address_variable(machine))
        if not _ADDRESS.fullmatch(found):
            raise MachineError(
                brief=_("{machine} has no address now.").format(machine=machine),
                details=_("seen: {found!r}").format(found=found),
                resolution=_("Start it: `owlab up --to 1.2`."),
            )
        return found

    # -- commands --------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Tell every listener."""
        for listener in list(self.listeners):
            listener(event)

    def value(self, variable: Variable) -> str:
        """The value of a variable, read now; raises CommandError when its command fails."""
        result = self.read(variable.source)
        value = result.stdout.strip()
        if not result or not value:
            raise CommandError(
                brief=_("The value of {variable} could not be read.").format(
                    variable=variable.name
                ),
                details=describe(result),
                resolution=_("Check that the machine is running: `owlab status`."),
            )
        return value

    def run(self, command: Command | str, step: str = "", *, on: str = HOST) -> Result:
        """Run one command to its end, telling listeners; a bad exit status is not raised.

        >>> lab.run("kubectl get nodes", on="master")

        :param command: what is typed; a :class:`Command` says itself on which machine.
        :param step: the key of the step that it belongs to.
        :param on: a machine's name, or the laptop, for a command that is a text.
        :raises TypeError: the arguments are not what they should be; says how to write it.
        :raises CommandTimeout: it did not end in time.
        :raises ProviderError: the machines cannot be reached at all.
        """
        command = self._typed(command, step, on)
        shown = redact(command.text)
        needs = command.variables
        self.emit(Event("command-started", step, command.on, shown, variables=needs))
        streams: dict[str, LineRedactor] = {}

        def show(name: str, text: str) -> None:
            if text:
                self.emit(Event("command-output", step, command.on, shown, text=text, stream=name))

        started = time.monotonic()
        exit_code = _UNREACHABLE
        try:
            values = self._values(command)
            secrets = [values[v.name] for v in command.variables if v.secret]
            streams |= {name: LineRedactor(secrets) for name in ("stdout", "stderr")}
            result = self._execute(
                command, values, lambda name, piece: show(name, streams[name].feed(piece))
            )
            exit_code = result.exit_code
            return result
        except CommandTimeout:
            exit_code = _TOO_LATE
            raise
        except KeyboardInterrupt:
            exit_code = _INTERRUPTED
            raise
        finally:
            if command.on == HOST:  # it may have started or stopped a machine
                self._looked = -_FRESH_SECONDS
            for name, redactor in streams.items():
                show(name, redactor.flush())
            self.emit(
                Event(
                    "command-ended",
                    step,
                    command.on,
                    shown,
                    exit_code=exit_code,
                    seconds=time.monotonic() - started,
                    variables=needs,
                )
            )

    def _typed(self, command: Command | str, step: str, on: str) -> Command:
        if isinstance(command, Command):
            if on != HOST:
                raise TypeError(f"a Command says itself where it runs: Command(..., on={on!r})")
            return command
        if not isinstance(command, str) or step:
            raise TypeError("write lab.run(TEXT, on=MACHINE), such as lab.run('ls', on='master')")
        if on != HOST:
            self.machine(on)
        return Command(command, on=on)

    def read(self, command: Command | str, *, on: str = HOST) -> Result:
        """Run a command that only looks, without telling listeners.

        ``lab.read("ls", on="master")``.

        Not on a machine that is stopped: ``multipass exec`` would start it.

        :raises TypeError: the command is neither a :class:`Command` nor text.
        :raises MachineError: the lab has no machine called ``on``.
        """
        command = self._typed(command, "", on)
        if command.on != HOST and self.provider.creates_machines and not self._is_up(command.on):
            return Result(command, _UNREACHABLE, stderr=f"{command.on} does not run\n")
        self.provider.prepare(self.config)
        known = self.provider.look_up(command)
        if known is not None:
            return _result(command, known, {})
        return self._execute(command, self._values(command), lambda stream, text: None)

    def _is_up(self, machine: str) -> bool:
        with self._looking:
            now = time.monotonic()
            if now - self._looked > _FRESH_SECONDS:
                self.provider.prepare(self.config)
                self._states = {info.name: info.state for info in self.provider.machines()}
                self._looked = now
            return self._states.get(machine) in ("Running", "Delayed Shutdown", "Unknown")

    def fact(self, fact: Fact[T]) -> T:
        """What is so, now: the fact's default when its command fails or prints nonsense."""
        result = self.read(fact.command)
        if result:
            with suppress(
                ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError
            ):
                return fact.parse(result.stdout)
        return fact.default

    def _values(self, command: Command) -> dict[str, str]:
        return {variable.name: self.value(variable) for variable in command.variables}

    def _execute(self, command: Command, values: dict[str, str], on_output: OnOutput) -> Result:
        self.provider.prepare(self.config)
        return _result(command, self.provider.execute(command, values, on_output=on_output), values)


def _result(command: Command, done: Finished, values: dict[str, str]) -> Result:
    return Result(command, done.exit_code, done.stdout, done.stderr, done.seconds, values)


def _refuse_changes(saved: LabConfig, wanted: LabConfig) -> None:
    before, after = saved.flat(), wanted.flat()
    changed = [n for n in after if after[n] != before[n] and n != "speed"]
    if changed:
        raise ConfigError(
            brief=_("The lab {saved!r} exists with other settings.").format(saved=saved.name),
            details="\n".join(
                _("{name}: it has {before!r}, asked for {value!r}").format(
                    name=n, before=before[n], value=after[n]
                )
                for n in changed
            ),
            resolution=(
                _(
                    "Leave these settings out to use the lab as it is, choose another name "
                    "with --lab NAME, or remove it first: owlab down --lab {saved} --yes"
                ).format(saved=saved.name)
            ),
        )


def describe(result: Result, lines: int = 10) -> str:
    """A command that ended badly, for people: machine, command, exit status, last lines."""
    text = f"{result.command.on}$ {result.command.text}\n{result.tail(lines)}".rstrip()
    return redact(f"{text}\n(exit status {result.exit_code})", result.secrets)
