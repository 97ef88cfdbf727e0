"""A container's command as the network's programs want it."""

from __future__ import annotations

import posixpath
from collections.abc import Awaitable, Callable

from bashkit import CommandContext, CommandOutput

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.failures import PIPE_CLOSED, ReaderGone
from owlab.pocket.network.console import Net, NetworkConsole

Program = Callable[[NetworkConsole], Awaitable[int]]


class ContainerConsole:
    """One run of a program in a container. Implements ``NetworkConsole``."""

    def __init__(self, context: CommandContext, net: Net, clock: Clock) -> None:
        self._context, self._clock = context, clock
        self.net = net
        self.name = str(context.name).rpartition("/")[2]
        self.argv: list[str] = list(context.argv)

    async def out(self, data: str | bytes) -> None:
        """To standard output."""
        await self._written(self._context.stdout, data)

    async def err(self, data: str | bytes) -> None:
        """To standard error."""
        await self._written(self._context.stderr, data)

    async def _written(self, stream: CommandOutput, data: str | bytes) -> None:
        try:
            if data:
                await stream.write(data.encode() if isinstance(data, str) else data)
        except ReaderGone:
            raise ReaderGone from None

    async def stdin(self) -> bytes:
        """All of standard input."""
        chunks = []
        while (chunk := await self.next_input()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)

    async def next_input(self) -> bytes | None:
        """What comes next on standard input; None at its end."""
        found: bytes | None = await self._context.stdin.read_chunk()
        return found

    def read(self, path: str) -> bytes | None:
        """A file, or None."""
        try:
            content: bytes = self._context.fs.read_file(path)
        except (OSError, RuntimeError):
            return None
        return content

    def write(self, path: str, content: bytes) -> None:
        """Write a file; raises OSError."""
        try:
            self._context.fs.write_file(path, content)
        except RuntimeError as error:
            raise OSError(5, str(error)) from None

    def path(self, name: str) -> str:
        """A name as an absolute path."""
        return "/" + posixpath.normpath(posixpath.join(self._context.cwd, name)).lstrip("/")

    async def pause(self, seconds: float) -> None:
        """Wait for the lab's duration of so many seconds."""
        await self._clock.pause(seconds)


def command(program: Program, net: Net, clock: Clock) -> Callable[[CommandContext], Awaitable[int]]:
    """A program in bashkit's shape."""

    async def run(context: CommandContext) -> int:
        try:
            return await program(ContainerConsole(context, net, clock))
        except ReaderGone:
            return PIPE_CLOSED

    return run
