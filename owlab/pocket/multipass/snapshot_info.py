"""``multipass info MACHINE.SNAPSHOT``: what was kept of a stopped machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from owlab.pocket.machines.fleet import Fleet
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.machines.sizes import show_size
from owlab.pocket.machines.snapshots import Snapshot, children
from owlab.pocket.multipass.failures import Failure
from owlab.pocket.multipass.formats import NO_SNAPSHOTS, NONE, as_json, as_yaml

HEAD = "Snapshot,Instance,CPU(s),Disk space,Memory size,Mounts,Created,Parent,Children,Comment"


@dataclass(frozen=True, slots=True)
class Taken:
    """One snapshot, by the name of its machine and its own."""

    machine: Machine
    name: str

    @property
    def kept(self) -> Snapshot:
        """What was kept."""
        return self.machine.snapshots[self.name]

    @property
    def children(self) -> list[str]:
        """Snapshots that were taken after this one was there."""
        return children(self.machine, self.name)

    def as_record(self) -> dict[str, Any]:
        """For JSON and YAML."""
        spec = self.machine.spec
        return {
            "size": "",
            "cpu_count": str(spec.cpus),
            "disk_space": show_size(spec.disk),
            "memory_size": show_size(spec.memory),
            "mounts": {},
            "created": self.kept.created,
            "parent": self.kept.parent,
            "children": self.children,
            "comment": self.kept.comment,
        }


def find(fleet: Fleet, word: str) -> Taken | None:
    """The snapshot that a word means; None where it is a machine's name."""
    machine_name, dot, name = word.partition(".")
    if not dot:
        return None
    machine = fleet.machines.get(machine_name)
    if machine is None or machine.is_host:
        raise Refused(f'instance "{machine_name}" does not exist')
    if name not in machine.snapshots:
        raise Refused(f"No such snapshot: {word}")
    return Taken(machine, name)


def told(taken: list[Taken], form: str) -> str:
    """All of them in one of the formats."""
    if form in ("json", "yaml"):
        found: dict[str, Any] = {}
        for one in taken:
            place = found.setdefault(one.machine.name, {"snapshots": {}})
            place["snapshots"][one.name] = one.as_record()
        value = {"errors": [], "info": found}
        return as_json(value) + "\n" if form == "json" else as_yaml(value)
    if form == "csv":
        rows = [
            [
                *(one.name, one.machine.name, str(one.machine.spec.cpus)),
                *(show_size(one.machine.spec.disk), show_size(one.machine.spec.memory), ""),
                *(one.kept.created, one.kept.parent, ";".join(one.children)),
                f'"{one.kept.comment}"',
            ]
            for one in taken
        ]
        return "".join(f"{line}\n" for line in [HEAD, *map(",".join, rows)])
    return "\n".join(_table(one) for one in taken) or NO_SNAPSHOTS


def merged(machines: str, taken: list[Taken], form: str) -> str:
    """Machines, as one format has them, and snapshots in the same document."""
    if form not in ("json", "yaml"):
        return machines + ("\n" + told(taken, form) if taken else "")
    value = json.loads(machines)
    for one in taken:
        place = value["info"].setdefault(one.machine.name, {})
        place.setdefault("snapshots", {})[one.name] = one.as_record()
    return as_json(value) + "\n" if form == "json" else as_yaml(value)


def _table(one: Taken) -> str:
    first, *others = one.children or [NONE]
    rows = [
        ("Snapshot", one.name),
        ("Instance", one.machine.name),
        ("Size", NONE),
        ("CPU(s)", str(one.machine.spec.cpus)),
        ("Disk space", show_size(one.machine.spec.disk)),
        ("Memory size", show_size(one.machine.spec.memory)),
        ("Mounts", NONE),
        ("Created", one.kept.created),
        ("Parent", one.kept.parent or NONE),
        ("Children", first),
    ]
    text = "".join(f"{name + ':':<16}{value}\n" for name, value in rows)
    text += "".join(f"{'':<16}{name}\n" for name in others)
    return text + f"{'Comment:':<16}{one.kept.comment or NONE}\n"


def apart(words: list[str], fleet: Fleet, form: str) -> tuple[list[str], list[Taken]]:
    """Machines and snapshots among the words; CSV takes one kind only."""
    found = [(word, find(fleet, word)) for word in words]
    machines = [word for word, taken in found if taken is None]
    taken = [one for _, one in found if one is not None]
    if form == "csv" and machines and taken:
        raise Failure(
            "Mixed snapshot and instance arguments are not supported with CSV format\n", 1
        )
    return machines, taken
