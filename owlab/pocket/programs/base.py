"""The one shape of every program that a machine has and bash has not.

    @program("systemctl", "service", machines="vm")
    async def systemctl(call: Call) -> int:
        await call.out("...")
        return 0

A program runs in the service's event loop: it must await what takes long, and never block.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import pkgutil
import posixpath
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from owlab.pocket.ground.failures import ReaderGone
from owlab.pocket.ground.streams import Reader
from owlab.pocket.machines.net import MachineNet

if TYPE_CHECKING:
    from pathlib import Path

    from owlab.pocket.ground.clock import Clock
    from owlab.pocket.ground.keyboards import Keyboard
    from owlab.pocket.machines.files import Files
    from owlab.pocket.machines.fleet import Fleet
    from owlab.pocket.machines.machine import Machine
    from owlab.pocket.machines.views import ClusterView, ShellView
    from owlab.pocket.network.console import Net


CANCELLED = ("execution cancelled", "request closed")
"""What the interpreter answers to a program that writes while it is being cancelled, or later."""
STDIN = frozenset(["-", "/dev/stdin", "/dev/fd/0"])
"""What standard input is called on a command line."""


class Writer(Protocol):
    """Where a program's output goes; awaiting it is backpressure."""

    async def write(self, data: bytes) -> None:
        """Pass bytes on; raises BrokenPipeError when nobody reads any more."""


@dataclass
class Call:
    """One run of a program: what it was given, and the ways to answer.

    ``argv`` is without the program's own name. ``fs`` is the machine's files, with the rights of
    the user. ``root`` is true under sudo. Paths given by the
    user go through :meth:`path` first: the file system knows absolute paths only. ``session`` is
    the shell that the program was started from.
    """

    name: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    fs: Files
    root: bool
    machine: Machine
    fleet: Fleet
    """All machines of the lab."""
    clock: Clock
    """How long things take."""
    cluster: ClusterView
    """The lab's cluster, there or not."""
    lab_directory: Path
    """Where the lab is on the computer that carries it: caches, and the log of its service."""
    reader: Reader = field(repr=False)
    stdout: Writer = field(repr=False)
    stderr: Writer = field(repr=False)
    user: str = "ubuntu"
    session: ShellView | None = field(default=None, repr=False)
    terminal: bool = False
    """What is printed goes straight to a terminal."""
    screen: Keyboard | None = field(default=None, repr=False)
    """Who sits at that terminal, for programs that have all of it."""
    answers: bytes = b""
    """What was read for one question, and is for the next ones."""

    @property
    def home(self) -> str:
        """The home directory that ``~`` means."""
        return self.env.get("HOME") or ("/root" if self.root else "/home/ubuntu")

    async def stdin(self) -> bytes:
        """Everything on standard input, up to its end."""
        chunks = []
        while (chunk := await self.reader.read_chunk()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)

    async def out(self, data: str | bytes) -> None:
        """Write to standard output; nothing is added. Raises :class:`ReaderGone`."""
        await _written(self.stdout, data)

    async def err(self, data: str | bytes) -> None:
        """Write to standard error; nothing is added. Raises :class:`ReaderGone`."""
        await _written(self.stderr, data)

    def read(self, path: str) -> bytes | None:
        """A file that the user may read, or None."""
        try:
            return self.fs.read_file(path)
        except OSError:
            return None

    async def next_input(self) -> bytes | None:
        """What comes next on standard input; None at its end."""
        return await self.reader.read_chunk()

    def write(self, path: str, content: bytes) -> None:
        """Write a file, with the user's rights."""
        self.fs.write_file(path, content)

    async def pause(self, seconds: float) -> None:
        """Wait for the lab's duration of so many seconds."""
        await self.clock.pause(seconds)

    @property
    def api_cache(self) -> Path:
        """Where kubectl and Helm keep what the cluster serves: all machines' ``~/.kube/cache``."""
        return self.lab_directory / "cache" / "kubectl"

    @property
    def net(self) -> Net:
        """The network as seen from the machine."""
        return MachineNet(self.machine)

    def path(self, name: str) -> str:
        """An absolute, normalised path for a file name as the user typed it; of no name, none."""
        if not name:
            return ""  # which is nowhere, as for the kernel: `rm -rf "$UNSET"` takes nothing away
        joined = posixpath.normpath(posixpath.join(self.cwd, name))
        # POSIX lets normpath keep exactly two leading slashes.
        return "/" + joined.lstrip("/")


async def _written(stream: Writer, data: str | bytes) -> None:
    try:
        if data:
            await stream.write(data.encode() if isinstance(data, str) else data)
    except BrokenPipeError:
        raise ReaderGone from None
    except RuntimeError as error:
        if any(words in str(error) for words in CANCELLED):
            raise asyncio.CancelledError from None
        raise


Program = Callable[[Call], Awaitable[int]]
"""Runs to its end and returns the exit status."""

Where = Literal["vm", "host", "all"]


@dataclass(frozen=True, slots=True)
class RegisteredProgram:
    """A registered program, and where it exists."""

    run: Program
    machines: Where
    installed: Callable[[Machine], bool] | None
    own_help: bool

    def on(self, machine: Machine) -> bool:
        """This program can be installed on such a machine at all."""
        return self.machines == "all" or (self.machines == "host") == machine.is_host


PROGRAMS: dict[str, RegisteredProgram] = {}


def program(
    *names: str,
    machines: Where = "vm",
    installed: Callable[[Machine], bool] | None = None,
    own_help: bool = False,
) -> Callable[[Program], Program]:
    """Register a program under its names.

    ``machines``: on the virtual machines (``vm``), on the laptop (``host``) or on ``all``.
    ``installed``: asked at each call; while it says no, the shell answers "command not found".
    ``own_help``: the program answers ``--help`` itself.
    """

    def register(run: Program) -> Program:
        for name in names:
            PROGRAMS[name] = RegisteredProgram(run, machines, installed, own_help)
        return run

    return register


def command_not_found(name: str, root: bool = False) -> str:
    """What the shell (or sudo) says about a program that is not installed."""
    return f"sudo: {name}: command not found\n" if root else f"bash: {name}: command not found\n"


def load_programs() -> dict[str, RegisteredProgram]:
    """Every program there is."""
    _import_programs()
    return PROGRAMS


@functools.cache
def _import_programs() -> None:
    """Import every module below ``owlab.pocket.programs``, so that it registers its programs."""
    package = importlib.import_module("owlab.pocket.programs")
    for module in pkgutil.iter_modules(package.__path__, "owlab.pocket.programs."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
