"""Terminals: a stack of shells, as ``multipass shell`` inside a shell makes them."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from owlab.pocket.bash.lines import commands
from owlab.pocket.client import frames
from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.streams import Sink
from owlab.pocket.machines.machine import HOST, Machine
from owlab.pocket.machines.views import ShellWanted
from owlab.pocket.machines.visits import Visit
from owlab.pocket.multipass.inside import entered
from owlab.pocket.multipass.invocation import Invocation, RealFiles
from owlab.pocket.multipass.options import VerbArguments
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.runs import Run, RunInput, RunKeyboard
from owlab.pocket.shell.logging_in import welcome
from owlab.pocket.shell.prompting import history_file, keep_history, prompted, remember
from owlab.pocket.shell.shell_session import ShellSession

LEAVES = re.compile(r"(?:^|[\s;&|({])(exit|logout)\b")
ASKED = re.compile(r"(?:sudo )?__owlab_")
ENTERS = re.compile(r"^[ \t]*multipass[ \t]+(shell|sh|connect)\b", re.M)


class Console:
    """What one terminal has open: the shell at the top takes what is typed."""

    def __init__(
        self, lab: PocketLab, machine: str, tty: bool = True, *, interactive: bool = True
    ) -> None:
        self.id = secrets.token_hex(8)
        self._lab, self._tty, self._interactive = lab, tty, interactive
        self._next: ShellWanted | None = None
        self._stack: list[ShellSession] = []
        self._visits: dict[ShellSession, Visit] = {}
        self._closing: dict[ShellSession, str] = {}
        self._status = 0
        self._size: tuple[int, int] | None = None
        self._first = ShellWanted(machine)
        self._told: tuple[ShellSession | None, int, int] = (None, 0, 0)

    async def begin(self) -> bytes:
        """Open the first shell; what is shown before its prompt."""
        shown = bytearray()

        async def show(data: bytes) -> None:
            shown.extend(data)

        await self._enter(self._first, show)
        return bytes(shown)

    async def _enter(self, wanted: ShellWanted, out: Sink, visit: Visit | None = None) -> None:
        """Another shell at the top; on another machine that is a login, which is greeted.

        :param visit: of the shell in whose place it comes.
        """
        machine = self._lab.fleet.machines[wanted.machine]
        shell = self._lab.shell(
            machine,
            wanted.user,
            cwd=wanted.cwd,
            tty=self._tty,
            switch=self._switch,
            login=wanted.login,
            env={**wanted.env, "SHLVL": str(1 + len(self._stack))},
        )
        shell.tells_of_jobs = self._interactive
        shell.parent_pid = self._stack[-1].pid if self._stack else shell.pid - 1
        if visit is not None:
            shell.pid, shell.parent_pid = visit.pid, visit.pid - 1
            self._visits[shell], visit.shell = visit, shell
        elif self._tty and not machine.is_host and not self._inside(machine):
            if self._interactive:
                await out(await welcome(machine, wanted.user))
            origin = self._stack[-1].machine if self._stack else self._lab.fleet.host
            self._visits[shell] = machine.visits.arrive(shell, origin.address)
            shell.parent_pid = shell.pid - 1
        if self._tty and self._interactive:
            shell.history.load(shell.files, history_file(shell))
        self._closing[shell] = wanted.closing
        self._stack.append(shell)

    def _inside(self, machine: Machine) -> bool:
        """A shell within a shell has no terminal of its own."""
        return bool(self._stack) and self._stack[-1].machine is machine

    def _pop(self) -> str:
        """The shell at the top was left; what its program says of that."""
        shell = self._stack.pop()
        if self._tty and self._interactive:
            keep_history(shell)
        if (visit := self._visits.pop(shell, None)) is not None:
            visit.left = unix_time()
        return self._closing.pop(shell, "")

    def _switch(self, wanted: ShellWanted) -> None:
        self._next = wanted

    @property
    def left(self) -> bool:
        """The last shell was left."""
        return not self._stack

    async def where(self, out: Sink, err: Sink) -> dict[str, Any]:
        """What a prompt shows, and whether a shell is left at all.

        :param out: for what the shell prints before its first prompt, and before each.
        """
        if self.left:
            return {"id": self.id, "left": True, "status": self._status}
        top = self._stack[-1]
        prompts = await prompted(top, out, err) if self._tty else ("", "")
        return {
            **self._remembered(top),
            "prompt": prompts[0],
            "continuation": prompts[1],
            "id": self.id,
            "left": False,
            "status": self._status,
            "machine": top.machine.name,
            "user": top.user,
            "cwd": top.cwd,
            "depth": len(self._stack),
            "serves": top.machine is self._lab.hosting.server,
        }

    def _remembered(self, top: ShellSession) -> dict[str, list[str]]:
        """The lines of the shell that the client does not know yet."""
        shell, generation, known = self._told
        history = top.history
        self._told = (top, history.generation, len(history.lines))
        if shell is top and generation == history.generation:
            return {"typed": history.lines[known:]}
        return {"history": list(history.lines)}

    def resize(self, columns: str, lines: str) -> None:
        """The window's size, for commands to come."""
        if columns.isdecimal() and lines.isdecimal():
            self._size = (int(columns), int(lines))

    async def type(self, text: str, run: Run, *, asks: bool = False) -> int:
        """Run complete commands; shells are entered and left on the way.

        :param asks: the client has somebody who types what is asked for.
        """
        if asks and self._stack:
            remember(self._stack[-1], text)
        await self.run(text, run, asks=asks)
        await run.say(frames.SWITCH, json.dumps(await self.where(run.out, run.err)))
        return self._status

    async def run(self, text: str, run: Run, *, asks: bool = False) -> int:
        """Run complete commands one by one, each in the shell that is then at the top."""
        for command in commands(text):
            if self.left:
                break
            top = self._stack[-1]
            if not top.machine.running:
                await run.err(f"Connection to {top.machine.name} closed.\n".encode())
                self._status = 255
                self._pop()
                continue
            top.size = self._size
            keyboard = RunKeyboard(run) if asks else None
            status, ended = await top.type(command, run.out, run.err, self._status, keyboard)
            # What the terminal asks for itself leaves no trace in `$?`.
            self._status = self._status if ASKED.match(command) else status
            wanted, self._next = self._next, None
            visit = None
            if ended and wanted is not None:  # `exec bash`
                keep_history(top)
                visit = self._visits.pop(self._stack.pop(), None)
            elif ended or not top.machine.running:
                if self._tty and self._interactive and LEAVES.search(command):
                    await run.err(b"logout\n" if top.login else b"exit\n")
                await run.err(self._pop().encode())
            if wanted is not None:
                await self._enter(wanted, run.out, visit)
        return self._status

    def suspend(self) -> None:
        """Ctrl-Z in the shell at the top."""
        if self._stack:
            self._stack[-1].suspend()

    def hang_up(self) -> None:
        """The terminal is gone: what runs in it ends."""
        for session in self._stack:
            session.kill()
        while self._stack:
            self._pop()


class Consoles:
    """The open terminals of a lab."""

    def __init__(self, lab: PocketLab) -> None:
        self._lab = lab
        self._open: dict[str, Console] = {}

    async def open(self, name: str, *, interactive: bool) -> dict[str, Any]:
        """Open a terminal on a machine; one that is not interactive tells nothing of its jobs.

        :param name: without one, the primary machine is meant, which is made if need be.
        """
        said = bytearray()
        machine = await entered(_somebody(self._lab, said), name, VerbArguments())
        console = Console(self._lab, machine.name, interactive=interactive)
        self._open[console.id] = console
        shown = said + await console.begin()

        async def show(data: bytes) -> None:
            shown.extend(data)

        where = await console.where(show, show)
        return {**where, "welcome": shown.decode(errors="replace")}

    def find(self, name: str) -> Console | None:
        """The terminal of that id."""
        return self._open.get(name)

    def close(self, name: str) -> None:
        """Forget a terminal, and end what runs in it."""
        console = self._open.pop(name, None)
        if console is not None:
            console.hang_up()

    async def script(self, name: str, script: str, run: Run) -> int:
        """Run a script in a new shell.

        One that enters a machine with ``multipass shell`` is read line by line, as if typed: what
        follows runs inside, which is what bash does with a script on its standard input.
        """
        if name == HOST and ENTERS.search(script):
            console = Console(self._lab, name, tty=False)
            await console.begin()
            try:
                return await console.run(script, run)
            finally:
                console.hang_up()
        session = self._lab.fleet.machines[name].session()
        return await session.run(script, run.out, run.err, stdin=run.input)


def _somebody(lab: PocketLab, said: bytearray) -> Invocation:
    """Who opens a terminal; what is said meanwhile is kept."""

    async def keep(data: bytes) -> None:
        said.extend(data)

    return Invocation([], lab, keep, keep, RunInput(), RealFiles("/"))
