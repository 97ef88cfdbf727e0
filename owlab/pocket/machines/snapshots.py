"""Copies of a stopped machine: snapshots of its state and disk, and clones."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from owlab.pocket.machines.refusals import Refused
from owlab.pocket.machines.sizes import valid_name
from owlab.pocket.machines.state import MachineState

if TYPE_CHECKING:
    from owlab.pocket.machines.disk import DiskImage
    from owlab.pocket.machines.machine import Machine


@dataclass(slots=True)
class Snapshot:
    """What was kept of a machine."""

    state: MachineState
    files: DiskImage
    created: str = ""
    parent: str = ""
    """The snapshot before it."""
    comment: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the database, by the names that earlier versions gave."""
        return {
            "parent": self.parent,
            "comment": self.comment,
            "created": self.created,
            "state": self.state.as_json(),
            "files": self.files,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Snapshot:
        """From what was stored."""
        return cls(
            MachineState.from_json(kept["state"]),
            kept["files"],
            str(kept["created"]),
            str(kept["parent"]),
            str(kept["comment"]),
        )


def take(machine: Machine, name: str | None = None, comment: str = "") -> str:
    """Keep a stopped machine as it is; the snapshot's name."""
    if machine.status != "Stopped":
        raise Refused("Multipass can only take snapshots of stopped instances.")
    if name is None:
        name = _free_name("snapshot", 1 + len(machine.snapshots), machine.snapshots)
    if not valid_name(name):
        raise Refused(f'Invalid snapshot name: "{name}".')
    if name in machine.snapshots:
        raise Refused(f"Snapshot already exists: {machine.name}.{name}")
    machine.snapshots[name] = Snapshot(
        state=machine.state.copy(),
        files=machine.lab.fleet.disk_image(machine),
        created=machine.lab.clock.timestamp(),
        parent=machine.state.snapshot_parent,
        comment=comment,
    )
    machine.state.snapshot_parent = name
    machine.save()
    return name


def _free_name(start: str, number: int, taken: Container[str]) -> str:
    while (name := f"{start}{number}") in taken:
        number += 1
    return name


def restorable(machine: Machine, name: str) -> Snapshot:
    """The snapshot, where the machine can become again what it was."""
    if name not in machine.snapshots:
        raise Refused(f"No such snapshot: {machine.name}.{name}")
    if machine.status != "Stopped":
        raise Refused("Multipass can only restore snapshots of stopped instances.")
    return machine.snapshots[name]


def restore(machine: Machine, name: str) -> None:
    """Make the machine what it was."""
    taken = restorable(machine, name)
    machine.state = taken.state.copy()
    machine.state.snapshot_parent = name
    machine.lab.fleet.restore_image(machine, taken.files)
    machine.lab.fleet.changed(machine)


def children(machine: Machine, name: str) -> list[str]:
    """Snapshots that were taken after this one was there."""
    return [other for other, taken in machine.snapshots.items() if taken.parent == name]


def comment(machine: Machine, name: str, text: str) -> None:
    """Say something else of a snapshot."""
    machine.snapshots[name].comment = text
    machine.save()


def rename(machine: Machine, name: str, new: str) -> None:
    """Another name, by which its children know it too."""
    if new == name:
        return
    if not valid_name(new):
        raise Refused(f"Invalid snapshot name: {new}")
    if new in machine.snapshots:
        raise Refused(f"Snapshot already exists: {machine.name}.{new}")
    machine.snapshots = {
        new if known == name else known: taken for known, taken in machine.snapshots.items()
    }
    _follow(machine, name, new)


def remove(machine: Machine, name: str) -> None:
    """Its children, and what is taken next, come after the one before it."""
    _follow(machine, name, machine.snapshots.pop(name).parent)


def _follow(machine: Machine, old: str, new: str) -> None:
    for taken in machine.snapshots.values():
        if taken.parent == old:
            taken.parent = new
    if machine.state.snapshot_parent == old:
        machine.state.snapshot_parent = new
    machine.save()


async def clone(source: Machine, name: str | None = None) -> str:
    """Another machine like a stopped one; its name."""
    if source.status != "Stopped":
        raise Refused("Multipass can only clone stopped instances.")
    fleet = source.lab.fleet
    name = _free_name(f"{source.name}-clone", 1, fleet.machines) if name is None else name
    if not valid_name(name):
        raise Refused(f"Invalid destination instance name: {name}")
    fleet.reserve(name)
    copied = await fleet.launch(name, replace(source.spec))
    copied.state = source.state.copy()
    fleet.restore_image(copied, fleet.disk_image(source))
    copied.write("/etc/hostname", f"{name}\n".encode())
    copied.status = "Stopped"
    fleet.changed(copied)
    return name
