"""How the interpreter calls back: with what, and without keeping alive what it calls."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import copy
import errno
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bashkit import CommandContext, FileSystem

from owlab.pocket.bash.terminal_reads import HERE, SHOWN
from owlab.pocket.ground.failures import ReaderGone
from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.ground.streams import Sink
from owlab.pocket.machines.files import Files
from owlab.pocket.programs.base import Call, command_not_found

if TYPE_CHECKING:
    from owlab.pocket.shell.shell_session import ShellSession


CommandCallback = Callable[[CommandContext], Awaitable[int]]


async def missing(context: CommandContext) -> int:
    """bashkit has a command that Ubuntu does not know."""
    await context.stderr.write(command_not_found(context.name).encode())
    return 127


def opened(files: Files, shell: FileSystem) -> Files:
    """A process's files: with what its shell has opened for it."""

    def read(path: str) -> bytes:
        try:
            return shell.read_file(path)
        except RuntimeError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None

    def write(path: str, content: bytes) -> None:
        try:
            shell.append_file(path, content)
        except RuntimeError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None

    own = copy.copy(files)
    own.descriptors, own.pipes = read, write
    return own


def call_of(session: ShellSession, context: CommandContext, name: str, argv: list[str]) -> Call:
    """bashkit's context as a program of ours is given it."""
    env = dict(context.env)
    keyboard = session.keyboard if env.pop(HERE, "") == "1" else None
    shown = env.pop(SHOWN, "") == "1" and session.keyboard is not None
    return Call(
        name=name,
        argv=argv,
        env=env,
        cwd=context.cwd,
        fs=opened(session.files, context.fs),
        root=session.files.who.is_root,
        user=session.user,
        machine=session.machine,
        fleet=session.machine.lab.fleet,
        clock=session.machine.lab.clock,
        cluster=session.machine.lab.hosting,
        lab_directory=session.machine.lab.directory,
        reader=KeyboardReader(keyboard, shown=shown) if keyboard is not None else context.stdin,
        stdout=context.stdout,
        stderr=context.stderr,
        session=session,
        terminal=session.at_terminal or shown,
        screen=session.keyboard if shown else None,
    )


class ExtraStream:
    """What is written to a stream that was kept aside, printed in its turn.

    The file system is called from the interpreter's threads, and what the interpreter prints comes
    to the loop in the same way.
    """

    def __init__(self, sinks: dict[str, Sink]) -> None:
        self._sinks = sinks
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._turn = asyncio.Lock()
        self._coming: set[concurrent.futures.Future[None]] = set()

    def write(self, number: str, data: bytes) -> None:
        """Print it when the loop comes to it."""
        if data:
            put = asyncio.run_coroutine_threadsafe(self._put(number, data), self._loop)
            self._coming.add(put)
            put.add_done_callback(self._coming.discard)
            if threading.get_ident() != self._thread:
                concurrent.futures.wait([put])

    async def _put(self, number: str, data: bytes) -> None:
        async with self._turn:
            with contextlib.suppress(BrokenPipeError, ReaderGone):
                await self._sinks[number](data)

    async def flush(self) -> None:
        """Until all of it is printed."""
        while self._coming:
            await asyncio.wait([asyncio.wrap_future(one) for one in self._coming])

    def after(self, sink: Sink) -> Sink:
        """A sink that lets what was written before go first."""

        async def put(data: bytes) -> None:
            async with self._turn:
                await sink(data)

        return put


def weakly(method: CommandCallback) -> CommandCallback:
    """A callback that does not keep its session alive.

    bashkit's objects hold their callbacks outside the reach of Python's garbage collector: a
    session that they kept alive would stay for ever.
    """
    reference = weakref.WeakMethod(method)

    async def call(context: CommandContext) -> int:
        living = reference()
        return await living(context) if living is not None else 127

    return call
