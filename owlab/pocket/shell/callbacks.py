"""How the interpreter calls back: with what, and without keeping alive what it calls."""

from __future__ import annotations

import copy
import errno
import os
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from bashkit import FileSystem

from owlab.pocket.machines.files import Files
from owlab.pocket.programs.base import command_not_found


async def missing(context: Any) -> int:
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


def weakly(method: Callable[[Any], Awaitable[int]]) -> Callable[[Any], Awaitable[int]]:
    """A callback that does not keep its session alive.

    bashkit's objects hold their callbacks outside the reach of Python's garbage collector: a
    session that they kept alive would stay for ever.
    """
    reference = weakref.WeakMethod(method)

    async def call(context: Any) -> int:
        living = reference()
        return await living(context) if living is not None else 127

    return call
