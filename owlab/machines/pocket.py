"""The provider ``pocket``: Multipass' provider with the pocket lab's binary.

With :mod:`owlab.machines.pocket_terminal`, the way between owlab and the island ``owlab.pocket``.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from owlab.command import HOST, Command
from owlab.config import LabConfig
from owlab.diagnostic import Diagnostic
from owlab.errors import ProviderError
from owlab.language import N_, _
from owlab.machines import pocket_terminal
from owlab.machines.multipass import MultipassProvider
from owlab.machines.pocket_preflight import examine, functions
from owlab.machines.pocket_shell import PocketShell
from owlab.pocket.client import service_process
from owlab.pocket.openwhisk import confine
from owlab.shell import Finished

# Where Linux keeps the functions from the user's files.
ABOUT_CONFINED = N_(
    "a pocket lab. Real: bash language, kubectl, Helm's engine, the Kubernetes and "
    "OpenWhisk APIs, the functions, which Landlock keeps from your files. "
    "Simulated: machines, packages, containers, images."
)


class PocketProvider(MultipassProvider):
    """Machines of a pocket lab. Its laptop is simulated too: host files are never touched.

    :param only_asks: a lab that does not run is not started.
    """

    name = "pocket"
    is_all_in_its_folder = True
    about = N_(
        "a pocket lab. Real: bash language, kubectl, Helm's engine, the Kubernetes and "
        "OpenWhisk APIs, the functions, which can read your files. "
        "Simulated: machines, packages, containers, images."
    )
    simulated = True
    OBJECTS = re.compile(
        r"sudo kubectl get (?P<kind>[a-z]+)(?: (?P<name>[a-z0-9][a-z0-9.-]*))?"
        r"(?: -n (?P<namespace>[a-z0-9-]+)| (?P<all>-A))? -o json"
    )
    """How steps ask for objects. Whatever else is asked for is asked of kubectl."""

    def __init__(self, directory: Path, *, only_asks: bool = False) -> None:
        binary = str(directory / "bin" / "multipass")
        inside = PocketShell(binary, partial(_speak_multipass, directory))
        super().__init__(inside, binary=binary, guarded=False)
        self._directory = directory
        if confine.version():
            self.about = ABOUT_CONFINED
        self._speed = ""
        self._only_asks = only_asks

    def prepare(self, config: LabConfig) -> None:
        """Start the lab's service unless it runs; after ``kill -9`` it comes back as it was."""
        if self._only_asks:
            if not service_process.is_alive(self._directory):
                raise ProviderError(brief=_("it does not run"))
            return
        changed = config.speed != self._speed
        if not changed and service_process.is_alive(self._directory):
            return
        pocket_terminal.ensure(self._directory, config.speed if changed else None)
        self._speed = config.speed

    def refuse_early(self, config: LabConfig) -> None:
        """Nothing to refuse: the machines are simulated."""

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        """The packages that carry the pocket lab's programs; memory and disk for it."""
        return [*examine(), functions(confine.version(), confine.SHARED)]

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """As Multipass' own; the laptop is the machine ``host`` of the service."""
        if command.on != HOST:
            return super().argv(command, values)
        given = ["env", *(f"{name}={value}" for name, value in values.items())] if values else []
        return [self.binary, "exec", "-n", HOST, "--", *given, "bash", "-c", command.text]

    def look_up(self, command: Command) -> Finished | None:
        """Objects of the cluster, and addresses: the lab's service tells them by itself."""
        if command.on == HOST:
            asks = command.text.startswith("multipass info ")
            return self._looked_up_address(command.text) if asks else None
        asked = self.OBJECTS.fullmatch(command.text)
        if asked is None:
            return None
        started = time.monotonic()
        kind, name, namespace = asked["kind"], asked["name"] or "", asked["namespace"] or "default"
        where = "" if asked["all"] else namespace
        with pocket_terminal.telling():
            found = service_process.objects(self._directory, command.on, kind, name, where)
        self._refuse_when_cancelled()
        if found is None:
            return None
        objects, error = found
        printed = "" if error else f"{json.dumps(objects)}\n"
        return Finished(1 if error else 0, printed, error, time.monotonic() - started)

    def _looked_up_address(self, text: str) -> Finished | None:
        """What :meth:`address_of` reads, of a machine that runs."""
        started = time.monotonic()
        with pocket_terminal.telling():
            machines = service_process.status(self._directory).get("machines", [])
        self._refuse_when_cancelled()
        for machine in machines:
            if machine["state"] == "Running" and text == self.address_of(machine["name"]).text:
                return Finished(0, f"{machine['address']}\n", "", time.monotonic() - started)
        return None

    def _refuse_when_cancelled(self) -> None:
        """Ctrl-C was pressed: as of a command that was ended."""
        if self.shell.is_cancelled:
            raise KeyboardInterrupt

    def attach(self, machine: str, text: str | None) -> int:
        """Stream a command, or a script from standard input."""
        return pocket_terminal.attach(self._directory, machine, text)

    def terminal(self, machine: str) -> int:
        """The pocket lab's terminal."""
        return pocket_terminal.terminal(self._directory, machine)

    def close(self) -> None:
        """Stop the service and remove what it kept, also when it does not answer any more."""
        if not service_process.is_lab(self._directory):
            return
        with pocket_terminal.telling():
            service_process.destroy(self._directory)


def end_service(directory: Path) -> None:
    """End the lab's service; what it knows is on disk, and stays there."""
    with pocket_terminal.telling():
        service_process.stop(directory)


def _speak_multipass(directory: Path, words: Sequence[str], **streams: Any) -> int:
    with pocket_terminal.telling():
        return service_process.multipass_line(directory, words, **streams)
