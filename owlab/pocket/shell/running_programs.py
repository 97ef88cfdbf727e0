"""The programs that run in a shell: they end in peace, and may have last words."""

from __future__ import annotations

import asyncio

from owlab.pocket.programs.base import Call, RegisteredProgram
from owlab.pocket.programs.boundary import carried_out

_LEAVING_SECONDS = 5


class RunningPrograms:
    """Those of one interpreter: what Ctrl-Z stopped has another one than its shell then."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._farewell = ""
        self.silenced = False
        """They are killed: nothing that they would print is heard."""

    async def run(self, program: RegisteredProgram, call: Call) -> int:
        """One of them, to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            return await carried_out(program, call)
        except asyncio.CancelledError:
            self._farewell += "" if self.silenced else call.farewell
            raise
        finally:
            self._tasks.discard(task)

    def end(self, shell: asyncio.Task[int]) -> None:
        """Kill what runs them."""
        self.silenced = True
        shell.cancel()

    async def left(self) -> bytes:
        """Wait until those that were cancelled have cleaned up; what they print in the end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVING_SECONDS)
        farewell, self._farewell = self._farewell, ""
        return farewell.encode()
