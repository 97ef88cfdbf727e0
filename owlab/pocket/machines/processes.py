"""The processes of a machine: what systemd runs, and the shells of who is logged in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.state import Unit

KIB = 1024


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A row of the table."""

    pid: int
    parent: int
    user: str
    command: str
    started: float
    tty: str = "?"
    memory: int = 12 * KIB
    """Resident kilobytes: a guess, for nothing of it runs."""
    unit: str = ""
    state: str = "Ss"

    @property
    def name(self) -> str:
        """The program alone."""
        first = self.command.split()[0] if self.command else ""
        return first.strip("[]").rpartition("/")[2].lstrip("-")


@dataclass(frozen=True, slots=True)
class Daemon:
    """A unit's main process."""

    unit: str
    pid: int
    command: str
    record: Unit
    memory: int


@dataclass(frozen=True, slots=True)
class Login:
    """A shell that is open now."""

    number: int | None
    """The terminal's; None without one."""
    user: str
    started: float
    running: str
    jobs: tuple[tuple[int, str, str, float], ...] = ()
    """Process number, command, state and start of what runs behind its prompt."""
    pid: int = 0
    """The shell's."""
    runner: str = ""
    """As whom it runs."""


def table(booted: float, daemons: Iterable[Daemon], logins: Iterable[Login]) -> list[ProcessRow]:
    """All of them, by their number."""
    rows = [
        ProcessRow(1, 0, "root", "/sbin/init", booted, memory=13 * KIB),
        ProcessRow(2, 0, "root", "[kthreadd]", booted, memory=0, state="S"),
        ProcessRow(320, 1, "root", "/usr/lib/systemd/systemd-journald", booted, memory=20 * KIB),
        ProcessRow(560, 1, "systemd+", "/usr/lib/systemd/systemd-networkd", booted),
        ProcessRow(590, 1, "message+", "@dbus-daemon --system", booted, memory=5 * KIB),
    ]
    for daemon in daemons:
        since = daemon.record.since
        started = datetime.fromisoformat(since).timestamp() if since else booted
        rows.append(
            ProcessRow(
                *(daemon.pid, 1, "root", daemon.command, max(started, booted)),
                memory=daemon.memory,
                unit=daemon.unit,
                state="Ssl",
            )
        )
    for login in logins:
        tty = "?" if login.number is None else f"pts/{login.number}"
        pid = login.pid
        rows.append(
            ProcessRow(
                pid,
                1,
                login.user,
                "-bash" if login.number is not None else "bash",
                login.started,
                tty,
                5 * KIB,
                state="Ss",
            )
        )
        for job, text, state, started in login.jobs:
            rows.append(ProcessRow(job, pid, login.user, text, started, tty, 4 * KIB, state=state))
        if login.running:
            rows.append(
                ProcessRow(
                    *(pid + 1, pid, login.runner, login.running, unix_time(), tty, 4 * KIB),
                    state="R+",
                )
            )
    return sorted(rows, key=lambda row: row.pid)
