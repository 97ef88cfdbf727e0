"""Commands in the background of a terminal: each in a shell of its own, told when they end."""

from __future__ import annotations

import asyncio
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owlab.pocket.shell.shell_session import ShellSession

BACKGROUND = re.compile(r"(?P<text>.*[^&\s])\s*&\s*", re.S)
MOST_KEPT = 1 << 20
FIRST_PID = 20_000


@dataclass
class Job:
    """One command in the background."""

    number: int
    text: str
    session: ShellSession
    task: asyncio.Task[int]
    printed: bytearray = field(default_factory=bytearray)

    @property
    def pid(self) -> int:
        """A process number for it."""
        return FIRST_PID + self.number

    @property
    def status(self) -> int | None:
        """Its exit status, or None while it runs."""
        if not self.task.done():
            return None
        return 143 if self.task.cancelled() or self.task.exception() else self.task.result()

    def line(self, current: bool = True) -> str:
        """As `jobs` lists it."""
        done = self.status
        state = "Running" if done is None else "Done" if not done else f"Exit {done}"
        state = "Terminated" if done in (143, 255) else state
        end = " &" if done is None else ""
        return f"[{self.number}]{'+' if current else '-'}  {state:<24}{self.text}{end}\n"


class JobTable:
    """The background of one terminal's shell."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}

    def start(self, shell: ShellSession, text: str) -> Job:
        """Run a command beside the shell, with its directory and exported variables."""
        number = 1 + max(self._jobs, default=0)
        session = shell.beside()
        printed = bytearray()

        async def keep(data: bytes) -> None:
            if len(printed) < MOST_KEPT:
                printed.extend(data)

        task = asyncio.ensure_future(session.run(text, keep, keep, stdin=b""))
        self._jobs[number] = Job(number, text, session, task, printed)
        return self._jobs[number]

    def find(self, word: str = "") -> Job | None:
        """The job that a word means: ``%1``, a process number, or the last one."""
        number = word.lstrip("%+")
        if not number or word in ("%%", "%+"):
            return self._jobs[max(self._jobs)] if self._jobs else None
        if not number.isdigit():
            return next((job for job in self._jobs.values() if job.text.startswith(number)), None)
        wanted = int(number)
        return self._jobs.get(wanted if word.startswith("%") else wanted - FIRST_PID)

    def listed(self) -> list[Job]:
        """All of them, oldest first."""
        return [self._jobs[number] for number in sorted(self._jobs)]

    def printed(self) -> bytes:
        """What they have printed since somebody looked."""
        text = b"".join(bytes(job.printed) for job in self.listed())
        for job in self._jobs.values():
            job.printed.clear()
        return text

    def ended(self) -> str:
        """Lines for those that have ended, which are forgotten then."""
        gone = [job for job in self.listed() if job.status is not None]
        for job in gone:
            del self._jobs[job.number]
        return "".join(job.line() for job in gone)

    def end_all(self) -> None:
        """The terminal is gone."""
        for job in self._jobs.values():
            job.session.kill()
            job.task.cancel()


def in_background(text: str) -> str | None:
    """The command, where one alone was typed with ``&`` at its end."""
    found = BACKGROUND.fullmatch(text.strip())
    if found is None or "\n" in found["text"]:
        return None
    try:
        shlex.split(found["text"])
    except ValueError:
        return None
    return found["text"]
