"""Jobs of a terminal: what runs in its background, and what Ctrl-Z stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from owlab.pocket.bash.tokens import top_level
from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.streams import Sink

MOST_KEPT = 1 << 20
FIRST_PID = 20_000
ENDS_WITHIN = 5
SUSPENDED = 148
"""The status of a command that Ctrl-Z stopped."""


End = Callable[[bool], object]


class Flow:
    """A command's output: to the terminal, kept for later, or held back while it is stopped."""

    def __init__(self, out: Sink | None = None, err: Sink | None = None) -> None:
        self.printed = bytearray()
        self.going = asyncio.Event()
        self.going.set()
        self._out, self._err = out, err

    async def out(self, data: bytes) -> None:
        """What it prints."""
        await self.going.wait()
        await self._pass(data, self._out)

    async def err(self, data: bytes) -> None:
        """What it complains about."""
        await self.going.wait()
        await self._pass(data, self._err)

    async def _pass(self, data: bytes, to: Sink | None) -> None:
        if to is not None:
            await to(data)
        elif len(self.printed) < MOST_KEPT:
            self.printed.extend(data)

    def lead(self, out: Sink | None = None, err: Sink | None = None) -> None:
        """Somewhere else from now on."""
        self._out, self._err = out, err


@dataclass
class Job:
    """One command that is not in the foreground."""

    number: int
    text: str
    task: asyncio.Task[int]
    flow: Flow
    end: End
    """Ends it; at once where that is true, without a chance to clean up."""
    ended_by: str = ""
    outlives: bool = False
    """The terminal's end is not its own."""
    started: float = field(default_factory=unix_time)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Ctrl-Z while it is in the foreground again."""

    @property
    def pid(self) -> int:
        """A process number for it."""
        return FIRST_PID + self.number

    @property
    def stopped(self) -> bool:
        """It waits for `fg` or `bg`."""
        return not self.flow.going.is_set()

    @property
    def status(self) -> int | None:
        """Its exit status, or None while it runs or is stopped."""
        if not self.task.done() or self.stopped:
            return None
        return 143 if self.task.cancelled() or self.task.exception() else self.task.result()

    def stop(self) -> None:
        """As SIGTSTP."""
        self.flow.lead()
        self.flow.going.clear()

    def go_on(self) -> None:
        """As SIGCONT."""
        self.flow.going.set()

    def kill(self, how: str = "Terminated", *, hard: bool = False) -> None:
        """End it, stopped or not."""
        self.ended_by = how
        self.go_on()
        self.end(hard)

    async def interrupt(self) -> bytes:
        """As Ctrl-C; what it prints in the end."""
        self.flow.lead()
        self.go_on()
        self.task.cancel()
        await asyncio.wait([self.task], timeout=ENDS_WITHIN)
        return bytes(self.flow.printed)

    @property
    def state(self) -> str:
        """As `jobs` names it."""
        if self.status is None:
            return "Stopped" if self.stopped else "Running"
        if self.ended_by or self.status in (143, 255):
            return self.ended_by or "Terminated"
        return f"Exit {self.status}" if self.status else "Done"

    def line(self, mark: str = "+", pid: bool = False) -> str:
        """As `jobs` lists it."""
        end = " &" if self.state == "Running" else ""
        number = f"{self.pid} " if pid else " "
        return f"[{self.number}]{mark} {number}{self.state:<24}{self.text}{end}\n"


class JobTable:
    """The jobs of one terminal's shell."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._recent: list[Job] = []
        self._apart: list[Job] = []
        self.statuses: dict[int, int] = {}
        """Of those that have ended, by their process number: `wait` may still ask."""
        self.last_pid: int | None = None
        """Of what was started with ``&`` last: ``$!``."""

    def add(
        self, text: str, task: asyncio.Task[int], flow: Flow, end: Callable[[bool], object]
    ) -> Job:
        """A new job, which is the current one."""
        number = 1 + max(self._jobs, default=0)
        job = Job(number, text, task, flow, end)
        job.outlives = text.split()[:1] == ["nohup"]
        self._jobs[number] = job
        self._recent.append(job)
        return job

    def current(self) -> list[Job]:
        """The current job and the previous one: stopped ones first, then what came last."""
        known = [job for job in self._recent if job in self._jobs.values()]
        known.reverse()
        return sorted(known, key=lambda job: not job.stopped)[:2]

    def mark(self, job: Job) -> str:
        """``+``, ``-`` or nothing."""
        current = self.current()
        return "+-"[current.index(job)] if job in current else " "

    def touched(self, job: Job) -> None:
        """It was stopped or sent to the background just now."""
        self._recent.remove(job)
        self._recent.append(job)

    def find(self, word: str = "") -> Job | None:
        """The job that a word means: ``%1``, ``%-``, ``%name``, a process number; the current."""
        current = self.current()
        if word in ("", "%", "%%", "%+"):
            return current[0] if current else None
        if word == "%-":
            return current[-1] if current else None
        name = word.lstrip("%")
        if name.isdigit():
            wanted = int(name)
            return self._jobs.get(wanted if word.startswith("%") else wanted - FIRST_PID)
        if not word.startswith("%"):
            return None
        inside = name.removeprefix("?")
        return next(
            (
                job
                for job in self.listed()
                if (inside in job.text if name != inside else job.text.startswith(name))
            ),
            None,
        )

    def listed(self) -> list[Job]:
        """All of them, oldest first."""
        return [self._jobs[number] for number in sorted(self._jobs)]

    def stopped(self) -> bool:
        """One of them is stopped."""
        return any(job.stopped for job in self._jobs.values())

    def forget(self, job: Job, outlives: bool = False) -> None:
        """It is a job of this shell no more."""
        if self._jobs.pop(job.number, None) is None:
            return
        self._recent.remove(job)
        if job.status is not None:
            self.statuses[job.pid] = job.status
        if not outlives:
            return
        job.outlives = True
        self._apart.append(job)

    def printed(self) -> bytes:
        """What they have printed since somebody looked."""
        text = b"".join(bytes(job.flow.printed) for job in (*self.listed(), *self._apart))
        for job in (*self._jobs.values(), *self._apart):
            job.flow.printed.clear()
        return text

    def ended(self) -> str:
        """Lines for those that have ended, which are forgotten then."""
        gone = [job for job in self.listed() if job.status is not None]
        text = "".join(job.line(self.mark(job)) for job in gone)
        for job in gone:
            self.forget(job)
        return text

    def end_all(self) -> None:
        """The terminal is gone."""
        for job in self._jobs.values():
            if not job.outlives:
                job.kill()


def segments(text: str) -> list[tuple[str, bool]]:
    """The parts of a line that was typed: a command, and whether it goes to the background."""
    if "&" not in text or "<<" in text:
        return [(text, False)]
    parts: list[tuple[str, bool]] = []
    begin = last = 0
    for sign in top_level(text):
        if sign.text == "&":
            before, command = text[begin:last].strip(), text[last : sign.start].strip()
            parts += [(before.rstrip(";"), False)] if before else []
            parts += [(command, True)]
            begin = sign.end
        last = sign.end
    rest = text[begin:].strip()
    return [*parts, (rest, False)] if rest or not parts else parts
