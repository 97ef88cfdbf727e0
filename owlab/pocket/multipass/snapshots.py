"""``snapshot``, ``restore`` and ``clone``: copies of a stopped machine."""

from __future__ import annotations

from owlab.pocket.machines import snapshots
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.multipass.failures import usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import Option, VerbArguments

TAKE = (
    Option(("n", "name"), "name", "An optional name for the snapshot"),
    Option(("c", "comment", "m"), "comment", "An optional free comment"),
)
CLONE = (Option(("n", "name"), "destination-name", "Specify a custom name for the clone"),)


def _one(call: Invocation, words: VerbArguments) -> str:
    if len(words.rest) != 1:
        raise usage("Wrong number of arguments")
    return words.rest[0]


def _machine(call: Invocation, name: str) -> Machine:
    machine = call.lab.fleet.machines.get(name)
    if machine is None or machine.is_host:
        raise Refused(f'instance "{name}" does not exist')
    if machine.status == "Deleted":
        raise Refused(f'instance "{name}" is deleted')
    return machine


async def take(call: Invocation, words: VerbArguments) -> int:
    """snapshot"""
    machine = _machine(call, _one(call, words))
    given = words.last("name") if "name" in words else None
    name = snapshots.take(machine, given, words.last("comment"))
    await call.out(f"Snapshot taken: {machine.name}.{name}\n")
    return 0


async def restore(call: Invocation, words: VerbArguments) -> int:
    """restore"""
    name, dot, snapshot = _one(call, words).partition(".")
    if not dot or not snapshot:
        raise usage("Invalid format. Please ensure the instance and snapshot names are given.")
    machine = _machine(call, name)
    snapshots.restorable(machine, snapshot)
    if "destructive" not in words:
        raise Refused(
            "Unable to query client for confirmation. Use '--destructive' to automatically "
            "discard the current state of the instance."
        )
    snapshots.restore(machine, snapshot)
    await call.out(f"Snapshot restored: {name}.{snapshot}\n")
    return 0


async def clone(call: Invocation, words: VerbArguments) -> int:
    """clone"""
    source = _machine(call, _one(call, words))
    given = words.last("name") if "name" in words else None
    name = await snapshots.clone(source, given)
    await call.out(f"Cloned from {source.name} to {name}.\n")
    return 0
