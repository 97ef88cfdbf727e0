"""The machine's log: the journal that systemd keeps, and the files that rsyslog writes of it."""

from __future__ import annotations

import contextlib
import posixpath
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from owlab.pocket.machines.machine import Machine

PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
OTHER_NAMES = {"panic": "emerg", "error": "err", "warn": "warning"}
FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp"),
    *(f"local{number}" for number in range(8)),
)
FILES = {"auth": "auth.log", "authpriv": "auth.log", "kern": "kern.log", "mail": "mail.log"}
"""Where rsyslog of Ubuntu writes a facility; the others go to ``syslog``."""
NO_UNIT = ""
MOST_KEPT = 400
"""Lines of one unit."""
MODE, OWNER = 0o640, "syslog:adm"
WRITER = re.compile(r"(.*?)(?:\[(\d+)\])?")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message: when, who, how grave, and what."""

    when: datetime
    by: str
    text: str
    unit: str = NO_UNIT
    priority: str = "info"
    facility: str = "daemon"

    @property
    def identifier(self) -> str:
        """The writer's name."""
        found = WRITER.fullmatch(self.by)
        return found[1] if found is not None else self.by

    @property
    def pid(self) -> str:
        """The writer's process, where it is known."""
        found = WRITER.fullmatch(self.by)
        return (found[2] or "") if found is not None else ""


def write(machine: Machine, line: LogLine) -> None:
    """Keep a message, and write it to the file that it belongs in."""
    kept = machine.state.journal.setdefault(line.unit, [])
    when = line.when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    kept.append([when, line.by, line.text, line.priority, line.facility])
    del kept[:-MOST_KEPT]
    if not machine.is_host:
        # A full disk loses the line, as in life.
        with contextlib.suppress(OSError):
            _to_file(machine, line)


def _to_file(machine: Machine, line: LogLine) -> None:
    path = f"/var/log/{FILES.get(line.facility, 'syslog')}"
    if not machine.files.is_directory(posixpath.dirname(path)):
        return
    new = not machine.files.exists(path)
    old = machine.spec.image == "22.04"
    when = f"{line.when:%b %e %H:%M:%S}" if old else line.when.isoformat(timespec="microseconds")
    machine.files.append_file(path, f"{when} {machine.name} {line.by}: {line.text}\n".encode())
    if new:
        machine.files.chmod(path, MODE)
        machine.own(path, OWNER)


def lines(machine: Machine, units: Iterable[str] | None = None) -> list[LogLine]:
    """Messages of these units, or all of them; oldest first."""
    journal = machine.state.journal
    chosen = journal if units is None else [unit for unit in units if unit in journal]
    found = [
        LogLine(datetime.fromisoformat(when), by, text, unit, *rest)
        for unit in chosen
        for when, by, text, *rest in journal[unit]
    ]
    return sorted(found, key=lambda line: line.when)


def now() -> datetime:
    """The moment of a message."""
    return utc_now()
