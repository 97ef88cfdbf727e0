"""Whose the memory of a process is, told from what one can see of it from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from owlab.classroom import memory
from owlab.classroom.memory import LabMemory

MiB = 2**20
_PIDS = count(100)


@dataclass
class Process:
    """What psutil says of a process; ``refused`` names what it may not be asked."""

    cmdline: str | None
    environment: dict[str, str] = field(default_factory=dict)
    pss: int | None = MiB
    below: list[Process] = field(default_factory=list)
    refused: dict[str, psutil.Error] = field(default_factory=dict)
    pid: int = field(default_factory=lambda: next(_PIDS))

    @property
    def info(self) -> dict[str, list[str] | None]:
        return {"cmdline": None if self.cmdline is None else self.cmdline.split()}

    def _asked(self, what: str) -> None:
        if what in self.refused:
            raise self.refused[what]

    def environ(self) -> dict[str, str]:
        self._asked("environ")
        return self.environment

    def children(self, recursive: bool) -> list[Process]:
        self._asked("children")
        assert recursive
        return self.below

    def memory_full_info(self) -> SimpleNamespace:
        self._asked("memory_full_info")
        return SimpleNamespace(**({} if self.pss is None else {"pss": self.pss}))

    def memory_info(self) -> SimpleNamespace:
        self._asked("memory_info")
        return SimpleNamespace(rss=3 * MiB)


LAB = Path("/home/ann/.local/state/owlab/labs/owlab")
SERVICE = f"python -m owlab.pocket.service.daemon --dir {LAB}/pocket"
KERNEL = "python -m ipykernel_launcher -f x.json"
HOME = {"HOME": "/home/ann"}
GONE = psutil.NoSuchProcess(1)
DENIED = psutil.AccessDenied(1)

Look = Callable[..., LabMemory | None]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """What the processes take of ann's lab; None when they are no part of it."""

    def looked(*processes: Process) -> LabMemory | None:
        monkeypatch.setattr(psutil, "process_iter", lambda _names: iter(processes))
        found = memory.look([LAB])
        assert set(found) <= {LAB}
        return found.get(LAB)

    return looked


@pytest.mark.parametrize(
    "environment",
    [
        HOME,
        {"HOME": "/home/ann", "OWLAB_LAB": "owlab"},
        {"HOME": "/home/bo", "XDG_STATE_HOME": "/home/ann/.local/state"},
        {"HOME": "/home/bo", "OWLAB_HOME": "/home/ann/.local/state/owlab/"},
        {"OWLAB_HOME": "/home/ann/.local/state/owlab", "XDG_STATE_HOME": "/elsewhere"},
    ],
)
def test_a_kernel_is_of_the_lab_that_its_environment_names(
    look: Look, environment: dict[str, str]
) -> None:
    used = look(Process(KERNEL, environment))
    assert used is not None
    assert (used.processes, used.pss, used.exact) == (1, MiB, True)


@pytest.mark.parametrize(
    "process",
    [
        Process(KERNEL, {"HOME": "/home/bo"}),
        Process(KERNEL, {**HOME, "OWLAB_LAB": "other"}),
        Process(KERNEL, {**HOME, "OWLAB_HOME": "/elsewhere"}),
        Process(KERNEL, HOME, refused={"environ": DENIED}),
        Process(KERNEL, HOME, refused={"environ": GONE}),
        Process("python -m other", HOME),
        Process(None, HOME),
        Process("python -m owlab.pocket.service.daemon --dir /home/bo/labs/owlab/pocket"),
        Process("python -m owlab.pocket.service.daemon --dir"),
        Process("python -m owlab.pocket.service.daemon"),
    ],
)
def test_what_is_of_no_lab_that_was_asked_for(look: Look, process: Process) -> None:
    assert look(process) is None
    used = look(process, Process(SERVICE))
    assert used is not None
    assert used.processes == 1, "the next one is looked at nevertheless"


def test_what_a_service_started_counts_once(look: Look) -> None:
    kernel = Process(KERNEL, HOME, pss=2 * MiB)
    used = look(Process(SERVICE, below=[kernel, Process("runtime", pss=4 * MiB)]), kernel)
    assert used is not None
    assert (used.processes, used.pss, used.exact) == (3, 7 * MiB, True)


@pytest.mark.parametrize(
    "process",
    [Process(SERVICE, pss=None), Process(SERVICE, refused={"memory_full_info": DENIED})],
)
def test_what_is_resident_counts_where_the_share_may_not_be_seen(
    look: Look, process: Process
) -> None:
    used = look(process)
    assert used is not None
    assert (used.processes, used.pss, used.exact) == (1, 3 * MiB, False)


@pytest.mark.parametrize(
    ("service", "processes"),
    [
        (Process(SERVICE, below=[Process("r", refused={"memory_full_info": GONE})]), 1),
        (Process(SERVICE, refused={"memory_full_info": GONE}, below=[Process("r")]), 1),
        (Process(SERVICE, refused={"children": GONE}), 0),
        (Process(SERVICE, refused={"children": DENIED}), 0),
    ],
)
def test_what_ends_meanwhile_is_left_out(look: Look, service: Process, processes: int) -> None:
    used = look(service, Process(KERNEL, HOME))
    assert used is not None
    assert (used.processes, used.pss, used.exact) == (processes + 1, (processes + 1) * MiB, True)
