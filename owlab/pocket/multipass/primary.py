"""The primary instance: the machine that is meant where none is named.

``client.primary-name`` names it, ``primary`` if nobody has set that; an empty name disables it.
"""

from __future__ import annotations

from owlab.pocket.machines.fleet import DELETED
from owlab.pocket.machines.machine import Machine
from owlab.pocket.multipass.failures import usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import VerbArguments

SETTING = "client.primary-name"
UNNAMED = "The primary instance is disabled, please provide an instance name."


def primary_name(call: Invocation) -> str:
    """Its name, which no machine may have yet; empty if there is none."""
    kept = call.lab.recall(SETTING)
    return "primary" if kept is None else kept


def first(call: Invocation, machines: list[Machine]) -> list[Machine]:
    """As lists show them: the primary one before all others."""
    name = primary_name(call)
    return sorted(machines, key=lambda machine: machine.name != name)


def named_or_all(
    call: Invocation, words: VerbArguments, *, deleted: bool = False, primary: bool = False
) -> list[Machine]:
    """The machines that a command is about.

    :param deleted: those count that could be recovered, too.
    :param primary: without a name, the primary one is meant.
    """
    if "all" in words:
        if words.rest:
            plural = "s" if len(words.rest) > 1 else ""
            raise usage(f"Cannot specify name{plural} when --all option set")
        return [m for m in call.lab.fleet.listed() if deleted or m.status != DELETED]
    names = words.rest or ([primary_name(call)] if primary and primary_name(call) else [])
    if not names:
        raise usage("Name argument or --all is required")
    return call.lab.fleet.named(names, deleted=deleted)
