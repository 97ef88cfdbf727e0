"""Terminals: a stack of shells, as ``multipass shell`` inside a shell makes them."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import Any

from owlab.pocket.bash.lines import commands
from owlab.pocket.client import frames
from owlab.pocket.machines.machine import HOST, Machine
from owlab.pocket.machines.visits import Visit
from owlab.pocket.multipass.inside import awake
from owlab.pocket.multipass.invocation import Invocation, RealFiles
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.runs import Run, RunInput, RunKeyboard
from owlab.pocket.shell.shell_session import ShellSession

SHELL = re.compile(
    r"\s*(?:(?P<root>sudo\s+(?:-i|-s|su(?:\s+-l?)?|-i?\s*bash|bash))|(?:bash|sh)(?:\s+-l|\s+--login)?)\s*"
)
"""A shell within the shell, asked for by itself: only a terminal can have one."""
ASKED = re.compile(r"(?:sudo )?__owlab_")
ENTERS = re.compile(r"^[ \t]*multipass[ \t]+(shell|sh|connect)\b", re.M)


class Console:
    """What one terminal has open: the shell at the top takes what is typed."""

    def __init__(
        self, lab: PocketLab, machine: str, tty: bool = True, *, interactive: bool = True
    ) -> None:
        self.id = secrets.token_hex(8)
        self._lab, self._tty, self._interactive = lab, tty, interactive
        self._next: str | None = None
        self._stack: list[ShellSession] = []
        self._visits: dict[ShellSession, Visit] = {}
        self._status = 0
        self._size: tuple[int, int] | None = None
        self._enter(machine)

    def _enter(self, name: str, user: str = "ubuntu", cwd: str | None = None) -> None:
        machine = self._lab.fleet.machines[name]
        shell = self._lab.shell(machine, user, cwd=cwd, tty=self._tty, switch=self._switch)
        shell.tells_of_jobs = self._interactive
        if self._tty and not machine.is_host and not self._inside(machine):
            origin = self._stack[-1].machine if self._stack else self._lab.fleet.host
            self._visits[shell] = machine.visits.arrive(shell, origin.address)
        self._stack.append(shell)

    def _inside(self, machine: Machine) -> bool:
        """A shell within a shell has no terminal of its own."""
        return bool(self._stack) and self._stack[-1].machine is machine

    def _pop(self) -> None:
        if (visit := self._visits.pop(self._stack.pop(), None)) is not None:
            visit.left = time.time()

    def _switch(self, name: str) -> None:
        self._next = name

    @property
    def left(self) -> bool:
        """The last shell was left."""
        return not self._stack

    def where(self) -> dict[str, Any]:
        """What a prompt shows, and whether a shell is left at all."""
        if self.left:
            return {"id": self.id, "left": True, "status": self._status}
        top = self._stack[-1]
        return {
            "id": self.id,
            "left": False,
            "status": self._status,
            "machine": top.machine.name,
            "user": top.user,
            "cwd": top.cwd,
            "depth": len(self._stack),
            "serves": top.machine is self._lab.hosting.server,
        }

    def resize(self, columns: str, lines: str) -> None:
        """The window's size, for commands to come."""
        if columns.isdecimal() and lines.isdecimal():
            self._size = (int(columns), int(lines))

    async def type(self, text: str, run: Run, *, asks: bool = False) -> int:
        """Run complete commands; shells are entered and left on the way.

        :param asks: the client has somebody who types what is asked for.
        """
        await self.run(text, run, asks=asks)
        await run.say(frames.SWITCH, json.dumps(self.where()))
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
            if self._tty and (inner := SHELL.fullmatch(command)):
                login = "-" in command.split()[-1]
                user = "root" if inner["root"] else top.user
                self._enter(top.machine.name, user, None if login else top.cwd)
                continue
            top.size = self._size
            keyboard = RunKeyboard(run) if asks else None
            status, ended = await top.type(command, run.out, run.err, self._status, keyboard)
            # What the terminal asks for itself leaves no trace in `$?`.
            self._status = self._status if ASKED.match(command) else status
            if ended or not top.machine.running:
                self._pop()
            if self._next is not None:
                self._enter(self._next)
                self._next = None
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

    async def open(self, name: str, *, interactive: bool = True) -> dict[str, Any]:
        """Open a terminal on a machine; one that is not interactive tells nothing of its jobs."""
        machine = await awake(_nobody(self._lab), name)
        console = Console(self._lab, machine.name, interactive=interactive)
        self._open[console.id] = console
        return console.where()

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
            try:
                return await console.run(script, run)
            finally:
                console.hang_up()
        session = self._lab.fleet.machines[name].session()
        return await session.run(script, run.out, run.err, stdin=run.input)


def _nobody(lab: PocketLab) -> Invocation:
    async def drop(data: bytes) -> None:
        return None

    return Invocation([], lab, drop, drop, RunInput(), RealFiles("/"))
