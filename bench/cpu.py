"""Processor time, which does not depend on what else the computer does meanwhile."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from owlab.pocket.client import service_process


@dataclass
class Cpu:
    """Seconds of processor time."""

    commands: float = 0.0
    """Of this process, and of those that it started and waited for."""
    service: float = 0.0
    """Of the lab's service, and of what it started: kubectl, Helm, functions."""


def _commands() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _service(directory: Path) -> float:
    process = service_process.process(directory / "pocket")
    if process is None:
        return 0.0
    spent = process.cpu_times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for child in process.children(recursive=True):
        try:
            more = child.cpu_times()
        except psutil.Error:
            continue
        total += more.user + more.system + more.children_user + more.children_system
    return float(total)


@contextmanager
def measured(directory: Path) -> Iterator[Cpu]:
    """What is spent meanwhile on the pocket lab in this folder."""
    spent = Cpu(-_commands(), -_service(directory))
    yield spent
    spent.commands += _commands()
    spent.service += _service(directory)
