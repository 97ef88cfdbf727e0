"""bashkit's interpreter, with the care that it needs: its threads, its input, and Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any

from bashkit import Bash, CommandContext, ExecutionProfile

from owlab.pocket.bash.contexts import start_script
from owlab.pocket.ground.streams import Bytes, Reader, Sink

_STOPPING_SECONDS = 5
UNLIMITED, FOR_EVER = 10**12, 1e9


def new_bash(user: str, host: str, cwd: str, env: Mapping[str, str]) -> Bash:
    """An interpreter without the usual limits."""
    return Bash(
        username=user,
        hostname=host,
        cwd=cwd,
        env=dict(env),
        # The others cut output off after a megabyte, and say nothing.
        profile=ExecutionProfile.Interactive,
        max_commands=UNLIMITED,
        max_loop_iterations=UNLIMITED,
        timeout_seconds=FOR_EVER,
    )


async def execute(bash: Bash, script: str, out: Sink, err: Sink) -> Any:
    """Run a script; its output flows while it runs. Cancelling stops its command."""

    async def write_out(data: bytes) -> None:
        await out(data)

    async def write_err(data: bytes) -> None:
        await err(data)

    task = asyncio.ensure_future(start_script(bash, script, stdout=write_out, stderr=write_err))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        bash.cancel()
        await undisturbed(asyncio.wait([task], timeout=_STOPPING_SECONDS))
        bash.clear_cancel()
        raise


async def undisturbed(cleaning: Coroutine[Any, Any, object]) -> None:
    """Let what cleans up end, and be its task cancelled a second time."""
    task = asyncio.ensure_future(cleaning)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)


class ScriptInput:
    """Standard input of a shell's scripts.

    bashkit gives a script no input of its own: it gets that of a pipe, from a command of ours.
    """

    def __init__(self, bash: Bash) -> None:
        self._reader: Reader = Bytes(b"")
        self._ended = asyncio.Event()
        bash.add_command("__owlab_stdin", self._pump)
        bash.add_command("__owlab_done", self._finish)

    def piped(self, script: str, reader: Reader) -> str:
        """The script, reading from ``reader``."""
        self._reader = reader
        self._ended.clear()
        # A subshell, so that `exit` ends the script and not what tells the pump to stop.
        return f"__owlab_stdin | {{ ( {script}\n); __owlab_done $?; }}"

    def end(self) -> None:
        """Nobody reads any more."""
        self._ended.set()

    async def _pump(self, context: CommandContext) -> int:
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            while not ended.done():
                chunk = asyncio.ensure_future(self._reader.read_chunk())
                await asyncio.wait([chunk, ended], return_when=asyncio.FIRST_COMPLETED)
                if not chunk.done():
                    chunk.cancel()
                    break
                if (data := chunk.result()) is None:
                    break
                await context.stdout.write(data)
        except BrokenPipeError:
            pass
        finally:
            ended.cancel()
        return 0

    async def _finish(self, context: CommandContext) -> int:
        self._ended.set()
        return int(context.argv[0])
