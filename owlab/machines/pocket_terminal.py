"""Commands and terminals of people in a pocket lab: streamed, and quick to start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from owlab import extras
from owlab.errors import ProviderError
from owlab.pocket.client import service_process
from owlab.pocket.client.wire import Gone


def attach(directory: Path, machine: str, text: str | None) -> int:
    """Stream a command, or a script from standard input; returns its exit status.

    :raises ProviderError: the lab does not run, or refuses.
    """
    if text is None:
        return terminal(directory, machine)
    with telling():
        return service_process.execute(
            directory,
            machine,
            text,
            stdin=b"" if sys.stdin.isatty() else sys.stdin.buffer.read(),
            out=_writer(sys.stdout.buffer),
            err=_writer(sys.stderr.buffer),
        )


def terminal(directory: Path, machine: str) -> int:
    """The pocket lab's terminal: prompt, history, Ctrl-C, ``multipass shell``."""
    from owlab.pocket.client.terminal import run_terminal

    with telling():
        return run_terminal(directory, machine)


def ensure(directory: Path, speed: str | None = None) -> None:
    """Start the lab's service unless it runs; ``speed`` as it was if None."""
    extras.need("pocket")
    with telling():
        service_process.ensure(directory, speed)


@contextmanager
def telling() -> Iterator[None]:
    """What the lab's service process refuses, as an error of owlab's."""
    try:
        yield
    except service_process.ServiceError as error:
        raise ProviderError(
            brief=error.brief,
            details=error.details,
            resolution=error.resolution or "Run `owlab doctor`; nothing is lost.",
        ) from None
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
