"""The provider ``pocket``: Multipass' provider with the pocket lab's binary.

The one door between owlab and the island ``owlab.pocket``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from owlab.command import HOST, Command
from owlab.config import LabConfig
from owlab.errors import ProviderError
from owlab.finding import Finding
from owlab.machines.multipass import MultipassProvider
from owlab.machines.pocket_preflight import examine
from owlab.pocket.client import service_process
from owlab.pocket.client.wire import Gone
from owlab.shell import Shell


class PocketProvider(MultipassProvider):
    """Machines of a pocket lab. Its laptop is simulated too: host files are never touched."""

    name = "pocket"
    is_all_in_its_folder = True
    about = (
        "a pocket lab. Real: bash language, kubectl, Helm's engine, the Kubernetes and "
        "OpenWhisk APIs, the functions. Simulated: machines, packages, containers, images."
    )
    simulated = True

    def __init__(self, directory: Path, shell: Shell) -> None:
        super().__init__(shell, binary=str(directory / "bin" / "multipass"), guarded=False)
        self._directory = directory
        self._speed = ""

    def prepare(self, config: LabConfig) -> None:
        """Start the lab's service unless it runs; after ``kill -9`` it comes back as it was."""
        try:
            changed = config.speed != self._speed
            service_process.ensure(self._directory, config.speed if changed else None)
            self._speed = config.speed
        except service_process.DoorError as error:
            raise _told(error) from None

    def refuse_early(self, config: LabConfig) -> None:
        """Nothing to refuse: the machines are simulated."""

    def examine(self, config: LabConfig) -> list[Finding]:
        """The packages that carry the pocket lab's programs; memory and disk for it."""
        return examine()

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """As Multipass' own; the laptop is the machine ``host`` of the service."""
        if command.on != HOST:
            return super().argv(command, values)
        given = ["env", *(f"{name}={value}" for name, value in values.items())] if values else []
        return [self.binary, "exec", "-n", HOST, "--", *given, "bash", "-c", command.text]

    def attach(self, machine: str, text: str | None) -> int:
        """Stream a command, or a script from standard input."""
        from owlab.pocket.client.terminal import run_terminal

        with _telling():
            if text is None:
                return run_terminal(self._directory, machine)
            return service_process.execute(
                self._directory,
                machine,
                text,
                stdin=b"" if sys.stdin.isatty() else sys.stdin.buffer.read(),
                out=_writer(sys.stdout.buffer),
                err=_writer(sys.stderr.buffer),
            )

    def terminal(self, machine: str) -> int:
        """The pocket lab's terminal: prompt, history, Ctrl-C, ``multipass shell``."""
        from owlab.pocket.client.terminal import run_terminal

        with _telling():
            return run_terminal(self._directory, machine)

    def close(self) -> None:
        """Stop the service and remove what it kept, also when it does not answer any more."""
        if not service_process.is_lab(self._directory):
            return
        with _telling():
            service_process.destroy(self._directory)


def _told(error: service_process.DoorError) -> ProviderError:
    return ProviderError(
        brief=error.brief,
        details=error.details,
        resolution=error.resolution or "Run `owlab doctor`; nothing is lost.",
    )


@contextmanager
def _telling() -> Iterator[None]:
    """What the lab's door refuses, as an error of owlab's."""
    try:
        yield
    except service_process.DoorError as error:
        raise _told(error) from None
    except BrokenPipeError:
        raise  # of our own output
    except (ConnectionError, Gone) as error:
        raise ProviderError(
            brief="The connection to the pocket lab was lost.",
            details=str(error),
            resolution="Look with `owlab status`; what was answered is kept.",
        ) from None


def _writer(stream: BinaryIO) -> Callable[[bytes], None]:
    def write(piece: bytes) -> None:
        stream.write(piece)
        stream.flush()

    return write
