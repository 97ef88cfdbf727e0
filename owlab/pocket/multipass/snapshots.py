"""``snapshot``, ``restore`` and ``clone``: copies of a stopped machine."""

from __future__ import annotations

from dataclasses import replace

from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.machines.sizes import valid_name
from owlab.pocket.machines.state import MachineState
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
    if machine.status != "Stopped":
        raise Refused("Multipass can only take snapshots of stopped instances.")
    number = 1 + len(machine.snapshots)
    while (default := f"snapshot{number}") in machine.snapshots:
        number += 1
    name = words.last("name", default)
    if not valid_name(name):
        raise Refused(f'Invalid snapshot name: "{name}".')
    if name in machine.snapshots:
        raise Refused(f"Snapshot already exists: {machine.name}.{name}")
    machine.snapshots[name] = {
        "parent": machine.state.snapshot_parent,
        "comment": words.last("comment"),
        "created": call.lab.clock.timestamp(),
        "state": machine.state.as_json(),
        "files": call.lab.fleet.disk_image(machine),
    }
    machine.state.snapshot_parent = name
    machine.save()
    await call.out(f"Snapshot taken: {machine.name}.{name}\n")
    return 0


async def restore(call: Invocation, words: VerbArguments) -> int:
    """restore"""
    name, dot, snapshot = _one(call, words).partition(".")
    if not dot or not snapshot:
        raise usage("Invalid format. Please ensure the instance and snapshot names are given.")
    machine = _machine(call, name)
    if snapshot not in machine.snapshots:
        raise Refused(f"No such snapshot: {name}.{snapshot}")
    if machine.status != "Stopped":
        raise Refused("Multipass can only restore snapshots of stopped instances.")
    if "destructive" not in words:
        raise Refused(
            "Unable to query client for confirmation. Use '--destructive' to automatically "
            "discard the current state of the instance."
        )
    kept = machine.snapshots[snapshot]
    machine.state = MachineState.from_json(kept["state"])
    machine.state.snapshot_parent = snapshot
    call.lab.fleet.restore_image(machine, kept["files"])
    call.lab.fleet.changed(machine)
    await call.out(f"Snapshot restored: {name}.{snapshot}\n")
    return 0


async def clone(call: Invocation, words: VerbArguments) -> int:
    """clone"""
    source = _machine(call, _one(call, words))
    if source.status != "Stopped":
        raise Refused("Multipass can only clone stopped instances.")
    fleet = call.lab.fleet
    number = 1
    while (default := f"{source.name}-clone{number}") in fleet.machines:
        number += 1
    name = words.last("name", default)
    if not valid_name(name):
        raise Refused(f"Invalid destination instance name: {name}")
    fleet.reserve(name)
    copied = await fleet.launch(name, replace(source.spec))
    copied.state = MachineState.from_json(source.state.as_json())
    fleet.restore_image(copied, fleet.disk_image(source))
    copied.write("/etc/hostname", f"{name}\n".encode())
    copied.status = "Stopped"
    fleet.changed(copied)
    await call.out(f"Cloned from {source.name} to {name}.\n")
    return 0


def remove(machine: Machine, name: str) -> None:
    """Its children, and what is taken next, come after the one before it."""
    parent = str(machine.snapshots.pop(name)["parent"])
    for kept in machine.snapshots.values():
        if kept["parent"] == name:
            kept["parent"] = parent
    if machine.state.snapshot_parent == name:
        machine.state.snapshot_parent = parent
    machine.save()
