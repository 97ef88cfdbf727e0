"""The memory of each lab: one look at the processes of this computer, asking none of them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_SERVICE = "owlab.pocket.service.daemon"
_KERNEL = "ipykernel_launcher"


@dataclass(slots=True)
class LabMemory:
    """What the processes of one lab take.

    :param pss: bytes; memory that several processes share counts in parts. Without the right to
        see that, what each has in memory, shared or not.
    :param exact: all of it is PSS.
    """

    pss: int = 0
    exact: bool = True
    processes: int = 0
    seen: set[int] = field(default_factory=set)


def look(labs: Iterable[Path]) -> dict[Path, LabMemory]:
    """The memory of labs, by folder: the service with what it started, and kernels.

    Kernels are found by the lab that their environment names, where that may be read.
    """
    wanted = {str(path): path for path in labs}
    found: dict[Path, LabMemory] = defaultdict(LabMemory)
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if _SERVICE in words:
            path = wanted.get(str(Path(_after(words, "--dir")).parent))
        elif any(_KERNEL in word for word in words):
            path = wanted.get(_lab_of_kernel(process))
        else:
            continue
        if path is not None:
            _count(process, found[path])
    return dict(found)


def _after(words: list[str], option: str) -> str:
    with suppress(ValueError, IndexError):
        return words[words.index(option) + 1]
    return ""


def _lab_of_kernel(process: psutil.Process) -> str:
    """The folder of the lab for which ``owlab lab`` started a kernel."""
    try:
        environment = process.environ()
    except psutil.Error:
        return ""
    if named := environment.get("OWLAB_HOME"):
        home = named
    else:
        state = environment.get("XDG_STATE_HOME") or f"{environment.get('HOME', '')}/.local/state"
        home = f"{state}/owlab"
    return os.path.normpath(f"{home}/labs/{environment.get('OWLAB_LAB', 'owlab')}")


def _count(process: psutil.Process, memory: LabMemory) -> None:
    with suppress(psutil.Error):
        for one in (process, *process.children(recursive=True)):
            if one.pid in memory.seen:
                continue
            memory.seen.add(one.pid)
            with suppress(psutil.NoSuchProcess):
                memory.pss += _of(one, memory)
                memory.processes += 1


def _of(process: psutil.Process, memory: LabMemory) -> int:
    """PSS; on macOS, and for processes of others without root, what is resident."""
    with suppress(psutil.AccessDenied, OSError):
        full = process.memory_full_info()
        if hasattr(full, "pss"):
            return int(full.pss)
    memory.exact = False
    return int(process.memory_info().rss)
