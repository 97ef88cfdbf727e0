"""Carrying steps out in the tests: what was typed, whether anything changed, how long it took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from owlab import Lab
from owlab.events import Event
from owlab.step import Step

TIMES: list[tuple[str, float]] = []
"""What took how many seconds, in order; printed at the end of the run."""

STANDINS = {
    "k3s.install_server": " (against a stand-in for K3s)",
    "k3s.join_workers": " (against a stand-in for K3s)",
    "helm.install": " (against a stand-in for Helm)",
}


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Note how long the ``with`` took."""
    started = time.monotonic()
    try:
        yield
    finally:
        TIMES.append((what, time.monotonic() - started))


@contextlib.contextmanager
def listening(lab: Lab) -> Iterator[list[Event]]:
    """The lab's events, as they come."""
    events: list[Event] = []
    lab.listeners.append(events.append)
    try:
        yield events
    finally:
        lab.listeners.remove(events.append)


def perform(lab: Lab, step: Step) -> tuple[bool, list[str]]:
    """Carry a step out: whether it changed anything, and the commands that it typed."""
    with listening(lab) as events:
        done = lab.perform(step)
    what = f"{step.section} {step.title}{STANDINS.get(step.key, '')}"
    TIMES.append((what if done.changed else f"{what}: nothing to do", done.seconds))
    typed = [f"{e.machine}$ {e.command}" for e in events if e.kind == "command-started"]
    return done.changed, typed
