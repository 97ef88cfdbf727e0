"""The programs that run in a shell: they end in peace, and may have last words."""

from __future__ import annotations

import asyncio
import contextlib
import posixpath

from bashkit import Bash, ScriptAnalysis

from owlab.pocket.bash.interpreter import undisturbed
from owlab.pocket.ground.failures import Farewell, ReaderGone
from owlab.pocket.ground.streams import Sink
from owlab.pocket.machines.files import Files
from owlab.pocket.programs.base import Call, RegisteredProgram
from owlab.pocket.programs.boundary import carried_out

_LEAVING_SECONDS = 5
OWN = "__owlab"
"""How names of commands begin that the terminal adds to what was typed; assignments have none."""


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
        except Farewell as last:
            self._farewell += "" if self.silenced else last.text
            raise
        finally:
            self._tasks.discard(task)

    def end(self, shell: asyncio.Task[int]) -> None:
        """Kill what runs them."""
        self.silenced = True
        shell.cancel()

    async def left(self) -> None:
        """Wait until those that were cancelled have cleaned up."""
        if self._tasks:
            await undisturbed(asyncio.wait([*self._tasks], timeout=_LEAVING_SECONDS))

    async def say_farewell(
        self, script: str, cwd: str, files: Files, out: Sink, nested: bool
    ) -> None:
        """Print what they say in the end where they have printed before.

        What goes into a pipe or a variable is gone with its reader.

        :param nested: the shell was started by another one, whose own streams are closed.
        :raises Farewell: for the shell around, which is to print it.
        """
        words, self._farewell = self._farewell, ""
        if not words:
            return
        analysis = Bash().analyze(script)  # the shell's own may be held by what still runs in it
        if "|" in script.replace("||", "") or analysis.has_command_substitution:
            return
        if any(one.is_write for one in analysis.redirects):
            self._append(words, analysis, cwd, files)
            return
        if nested:
            raise Farewell(words)
        try:
            async with asyncio.timeout(_LEAVING_SECONDS):
                await out(words.encode())
        except (ReaderGone, BrokenPipeError, TimeoutError, asyncio.CancelledError):
            raise Farewell(words) from None

    def _append(self, words: str, analysis: ScriptAnalysis, cwd: str, files: Files) -> None:
        """Where one command writes to one file. Of several, the lab cannot tell which it is."""
        typed = [one for one in analysis.commands if not (one.name or OWN).startswith(OWN)]
        paths = [one.path for one in analysis.redirects if one.is_write]
        if len(typed) == len(paths) == 1 and paths[0] is not None:
            with contextlib.suppress(OSError):
                files.append_file(posixpath.join(cwd, paths[0]), words.encode())
