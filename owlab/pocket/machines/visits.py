"""Who came to a machine's terminals, and who is there now."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import unix_time

if TYPE_CHECKING:
    from owlab.pocket.machines.views import ShellView

MOST_KEPT = 200
FIRST_PID, STEP = 1_200, 10


@dataclass(eq=False)
class Visit:
    """A shell at a terminal of its own."""

    number: int
    user: str
    origin: str
    """The address that it came from."""
    shell: ShellView = field(repr=False)
    came: float = field(default_factory=unix_time)
    left: float | None = None

    @property
    def terminal(self) -> str:
        """``pts/0``."""
        return f"pts/{self.number}"

    @property
    def pid(self) -> int:
        """The process number of its shell."""
        return self.shell.pid


def outermost(shell: ShellView | None) -> ShellView | None:
    """The shell that all around it were started from."""
    while shell is not None and shell.parent is not None:
        shell = shell.parent
    return shell


def pid_of(shell: ShellView | None) -> int:
    """The process number of a shell, or of the one that it was started from."""
    top = outermost(shell)
    return top.pid if top is not None else 1


class Visits:
    """All of them since the machine came up, oldest first."""

    def __init__(self) -> None:
        self._known: list[Visit] = []
        self._pids = itertools.count(FIRST_PID, STEP)

    def next_pid(self) -> int:
        """A number for a shell; those behind it are for what it runs."""
        return next(self._pids)

    def arrive(self, shell: ShellView, origin: str) -> Visit:
        """Somebody opened a terminal."""
        taken = {visit.number for visit in self.here()}
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        visit = Visit(number, shell.user, origin, shell)
        self._known.append(visit)
        del self._known[:-MOST_KEPT]
        return visit

    def all(self) -> list[Visit]:
        """Those that have left as well."""
        return list(self._known)

    def here(self) -> list[Visit]:
        """Those whose terminal is open."""
        return [visit for visit in self._known if visit.left is None]

    def of(self, shell: ShellView | None) -> Visit | None:
        """The visit that a shell, or one started from it, belongs to."""
        top = outermost(shell)
        return next((visit for visit in self.here() if visit.shell is top), None)
