"""``get`` and ``set``: settings of the client and of machines."""

from __future__ import annotations

from typing import Any

from owlab.pocket.machines import snapshots
from owlab.pocket.machines.fleet import DELETED
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.machines.sizes import parse_size, show_size, valid_name
from owlab.pocket.multipass.failures import Failure, usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.launch import LEAST_MEMORY, MOST_CPUS, MOST_DISK, MOST_MEMORY
from owlab.pocket.multipass.options import Option, VerbArguments
from owlab.pocket.multipass.primary import SETTING, primary_name

GET = (
    Option(("raw",), about="Output in raw format"),
    Option(("keys",), about="List available settings keys"),
)
FIXED = {
    "local.bridged-network": "",
    "local.driver": "pocket",
    "local.image.mirror": "",
    "local.passphrase": "false",
    "local.privileged-mounts": "false",
}
UNBRIDGED = (
    'You have to `multipass set local.bridged-network=<name>` to use the "bridged" shortcut.'
)
OF_A_MACHINE = ("bridged", "cpus", "disk", "memory")


def _keys(call: Invocation) -> list[str]:
    machines = [
        f"local.{machine.name}.{key}"
        for machine in call.lab.fleet.listed()
        if machine.status != DELETED
        for key in OF_A_MACHINE
    ]
    taken = [
        f"local.{machine.name}.{name}.{key}"
        for machine in call.lab.fleet.listed()
        if machine.status != DELETED
        for name in machine.snapshots
        for key in ("comment", "name")
    ]
    return sorted([SETTING, *FIXED, *machines, *taken])


def _snapshot(call: Invocation, key: str) -> tuple[Machine, str, str] | None:
    """The machine, the snapshot and the property of ``local.NAME.SNAPSHOT.PROPERTY``."""
    parts = key.split(".")
    if len(parts) != 4 or parts[0] != "local" or parts[3] not in ("comment", "name"):
        return None
    machine = call.lab.fleet.machines.get(parts[1])
    if machine is None or machine.is_host or machine.status == DELETED:
        return None
    return (machine, parts[2], parts[3]) if parts[2] in machine.snapshots else None


def _unrecognized(key: str) -> Failure:
    return Failure(f"Unrecognized settings key: '{key}'", 1 if key.startswith("client.") else 2)


def _machine(call: Invocation, key: str) -> tuple[Machine | None, str, str]:
    """The machine, its name and the property of ``local.NAME.PROPERTY``."""
    parts = key.split(".")
    if len(parts) != 3 or parts[0] != "local" or parts[2] not in OF_A_MACHINE:
        raise _unrecognized(key)
    machine = call.lab.fleet.machines.get(parts[1])
    return (None if machine is None or machine.is_host else machine), parts[1], parts[2]


async def get(call: Invocation, words: VerbArguments) -> int:
    """get"""
    if "keys" in words:
        await call.out("".join(f"{key}\n" for key in _keys(call)))
        return 0
    if len(words.rest) != 1:
        raise usage("Need exactly one setting key.")
    key = words.rest[0]
    if key in FIXED:
        await call.out((FIXED[key] or ("" if "raw" in words else "<empty>")) + "\n")
        return 0
    if key == SETTING:
        await call.out((primary_name(call) or ("" if "raw" in words else "<empty>")) + "\n")
        return 0
    if (found := _snapshot(call, key)) is not None:
        owner, name, what = found
        shown_text = name if what == "name" else owner.snapshots[name].comment
        await call.out((shown_text or ("" if "raw" in words else "<empty>")) + "\n")
        return 0
    machine, _, what = _machine(call, key)
    if machine is None or machine.status == DELETED:
        raise _unrecognized(key)
    if what == "bridged":
        raise Refused(UNBRIDGED)
    raw = "raw" in words
    shown: dict[str, Any] = {
        "cpus": machine.spec.cpus,
        "memory": machine.spec.memory if raw else show_size(machine.spec.memory),
        "disk": machine.spec.disk if raw else show_size(machine.spec.disk),
    }
    await call.out(f"{shown[what]}\n")
    return 0


async def set_(call: Invocation, words: VerbArguments) -> int:
    """set"""
    if len(words.rest) != 1:
        raise usage("Need exactly one key-value pair (in <key>=<value> form).")
    key, equals, value = words.rest[0].partition("=")
    if "=" in value or not key:
        raise usage("Bad key-value format.")
    if not equals:
        value = (await call.read_stdin()).decode(errors="replace").strip()
        if not value:
            raise usage("Failed to read value")
    if key == SETTING:
        if value and not valid_name(value):
            raise usage(f"Invalid setting '{key}={value}': Invalid hostname")
        call.lab.remember(SETTING, value)
        return 0
    if (found := _snapshot(call, key)) is not None:
        owner, name, what = found
        (snapshots.comment if what == "comment" else snapshots.rename)(owner, name, value)
        return 0
    if key in FIXED:
        if value == FIXED[key]:
            return 0
        raise Refused(f"Invalid setting '{key}={value}': the pocket lab has no other value")
    machine, name, what = _machine(call, key)
    reason = ""
    if machine is None:
        reason = "No such instance"
    elif machine.status == DELETED:
        reason = "Instance is deleted"
    elif machine.status != "Stopped":
        reason = "Instance must be stopped for modification"
    if machine is None or reason:
        raise Refused(f"Cannot update instance settings; instance: {name}; reason: {reason}")
    problem = _change(machine, what, value)
    if problem:
        raise Refused(f"Invalid setting '{key}={value}': {problem}")
    call.lab.fleet.changed(machine)
    return 0


def _change(machine: Machine, what: str, value: str) -> str:
    """Apply a value; returns why not."""
    if what == "bridged":
        return "" if value == "false" else "The pocket lab has no bridged networks"
    if what == "cpus":
        if not (value.isascii() and value.isdigit()) or int(value) < 1:
            return "Need a positive decimal integer"
        if int(value) > MOST_CPUS:
            return f"At most {MOST_CPUS}"
        machine.spec.cpus = int(value)
        return ""
    try:
        size = parse_size(value)
    except ValueError as error:
        return str(error)
    if what == "memory":
        if size < LEAST_MEMORY:
            return "Memory less than 512M minimum not allowed"
        if size > MOST_MEMORY:
            return "Memory more than 24576G not allowed"
        machine.spec.memory = size
        return ""
    if size < machine.spec.disk:
        return "Disk can only be expanded"
    if size > MOST_DISK:
        return "Disk larger than 1048576G not allowed"
    machine.spec.disk = size
    return ""
