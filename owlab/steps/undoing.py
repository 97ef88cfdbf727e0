"""Undoing what may be gone already: an undo must not stand in the way of those after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from owlab.command import Command
from owlab.lab import Lab
from owlab.steps.control import KUBECONFIG

Commands = Callable[[Lab, str], Iterator[Command]]


def nothing(lab: Lab, machine: str) -> Iterator[Command]:
    """There is nothing to do, or to take back."""
    yield from ()


def if_there(path: str, command: str) -> str:
    """``command``, typed only where a file is there."""
    return f"[ ! -e {path} ] || {command}"


def if_succeeds(probe: str, command: str) -> str:
    """``command``, typed only where ``probe`` succeeds."""
    return f"! {probe} > /dev/null 2>&1 || {command}"


def with_the_cluster(commands: Commands) -> Commands:
    """Undo commands that need K3s: where it is uninstalled, what they take back went with it."""

    def guarded(lab: Lab, machine: str) -> Iterator[Command]:
        for command in commands(lab, machine):
            yield replace(command, text=if_there(KUBECONFIG, command.text))

    return guarded
