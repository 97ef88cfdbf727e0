"""The provider ``pocket``: Multipass' provider with the pocket lab's binary.

With :mod:`owlab.machines.pocket_terminal`, the way between owlab and the island ``owlab.pocket``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from owlab.command import HOST, Command
from owlab.config import LabConfig
from owlab.errors import ProviderError
from owlab.finding import Finding
from owlab.language import N_, _
from owlab.machines import pocket_terminal
from owlab.machines.multipass import MultipassProvider
from owlab.machines.pocket_preflight import examine, functions
from owlab.machines.pocket_shell import PocketShell
from owlab.pocket.client import service_process
from owlab.pocket.openwhisk import confine

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

    def examine(self, config: LabConfig) -> list[Finding]:
        """The packages that carry the pocket lab's programs; memory and disk for it."""
        return [*examine(), functions(confine.version(), confine.SHARED)]

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """As Multipass' own; the laptop is the machine ``host`` of the service."""
        if command.on != HOST:
            return super().argv(command, values)
        given = ["env", *(f"{name}={value}" for name, value in values.items())] if values else []
        return [self.binary, "exec", "-n", HOST, "--", *given, "bash", "-c", command.text]

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
