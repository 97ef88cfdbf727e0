"""The verbs that show and change machines; each takes its parsed words."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Awaitable, Callable

from owlab.pocket.machines import images, snapshots
from owlab.pocket.machines.fleet import DELETED
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.multipass import formats, report, snapshot_info
from owlab.pocket.multipass.failures import TIMED_OUT, Failure, usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import Option, VerbArguments
from owlab.pocket.multipass.primary import first, named_or_all
from owlab.pocket.multipass.spinner import spinner

Verb = Callable[[Invocation, VerbArguments], Awaitable[int]]

VERSION = "1.17.0+pocket"
FORMAT = Option(
    ("format",), "format", "Output list in the requested format: table, json, csv or yaml"
)
ALL = Option(("all",), about="All instances")
TIMEOUT = Option(("timeout",), "timeout", "Maximum time, in seconds, to wait")


def chosen_format(words: VerbArguments) -> str:
    """The ``--format`` that was asked for."""
    form = words.last("format", "table")
    if form not in formats.FORMATS:
        raise usage("Invalid format type given.")
    return form


def chosen_timeout(words: VerbArguments) -> float | None:
    """The ``--timeout`` that was asked for."""
    if "timeout" not in words:
        return None
    text = words.last("timeout")
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise usage("error: --timeout value has to be a positive integer")
    return float(text)


async def list_(call: Invocation, words: VerbArguments) -> int:
    """list"""
    if words.rest:
        raise usage("This command takes no arguments")
    form = chosen_format(words)
    fleet = call.lab.fleet
    if "snapshots" in words:
        await call.out(formats.snapshots({m.name: m.snapshots for m in fleet.listed()}, form))
        return 0
    ipv4 = "no-ipv4" not in words
    machines = first(call, fleet.listed())
    rows = [report.row(fleet, machine, runtime=False, ipv4=ipv4) for machine in machines]
    await call.out(formats.listing(rows, form))
    return 0


async def info(call: Invocation, words: VerbArguments) -> int:
    """info"""
    form = chosen_format(words)
    fleet = call.lab.fleet
    names, taken = snapshot_info.apart(words.rest, fleet, form)
    if "snapshots" in words:
        machines = fleet.named(names, deleted=True) if names or taken else fleet.listed()
        every = [snapshot_info.Taken(m, name) for m in machines for name in m.snapshots]
        await call.out(snapshot_info.told([*taken, *every], form))
        return 0
    if taken and not names:
        await call.out(snapshot_info.told(taken, form))
        return 0
    machines = fleet.named(names, deleted=True) if names else first(call, fleet.listed())
    runtime = "no-runtime-information" not in words
    rows = [report.row(fleet, machine, runtime=runtime) for machine in machines]
    if not taken:
        await call.out(formats.details(rows, form))
        return 0
    plain = form if form not in ("json", "yaml") else "json"
    await call.out(snapshot_info.merged(formats.details(rows, plain), taken, form))
    return 0


async def within(
    call: Invocation, words: VerbArguments, late: str, work: Awaitable[object]
) -> None:
    """Wait for work that goes on when the client's patience ends."""
    task = asyncio.ensure_future(work)
    call.lab.background(task)
    try:
        await asyncio.wait_for(asyncio.shield(task), chosen_timeout(words))
    except TimeoutError:
        raise Failure(late, TIMED_OUT) from None


async def stop(call: Invocation, words: VerbArguments) -> int:
    """stop"""
    machines = named_or_all(call, words, primary=True)
    force, fleet = "force" in words, call.lab.fleet
    if "cancel" in words:
        for machine in machines:
            if machine.status == "Delayed Shutdown":
                await fleet.start(machine)
        return 0
    delay = words.last("time", "0")
    minutes = delay.removeprefix("+")
    if not (minutes.isascii() and minutes.isdigit()):
        raise usage(f"Time value must be in minutes (+<minutes>) or 0: {delay}")
    if force and int(minutes):
        raise usage('Cannot set "force" and "time" options at the same time')
    for machine in machines:
        if not force:
            _can_shut_down(machine, "--force to power it off")
    if int(minutes):
        for machine in machines:
            if machine.status == "Running":
                fleet.stop_later(machine, int(minutes))
        return 0
    async with spinner(call, "Stopping " + ", ".join(machine.name for machine in machines)):
        await asyncio.gather(*(fleet.stop(machine) for machine in machines))
    return 0


def _can_shut_down(machine: Machine, remedy: str) -> None:
    if machine.status == "Suspended" and "force to power" in remedy:
        details = f"Use {remedy}."
        raise Refused(f"Cannot shut down suspended instance {machine.name}.", details)
    if machine.status in ("Starting", "Suspending", "Restarting"):
        doing = machine.status.lower()
        raise Refused(f"Cannot shut down instance {machine.name} while {doing}.", f"Use {remedy}.")


async def suspend(call: Invocation, words: VerbArguments) -> int:
    """suspend"""
    machines = named_or_all(call, words, primary=True)
    async with spinner(call, "Suspending " + ", ".join(machine.name for machine in machines)):
        await asyncio.gather(*(call.lab.fleet.suspend(machine) for machine in machines))
    return 0


async def restart(call: Invocation, words: VerbArguments) -> int:
    """restart"""
    chosen_timeout(words)
    machines = named_or_all(call, words, primary=True)
    for machine in machines:
        if not machine.running and "all" not in words:
            raise Refused(f"Instance '{machine.name}' is not running")
    machines = [machine for machine in machines if machine.running]
    async with spinner(call, "Restarting " + ", ".join(machine.name for machine in machines)):
        work = asyncio.gather(*(call.lab.fleet.restart(machine) for machine in machines))
        await within(call, words, "Timed out waiting for instance to restart.", work)
    return 0


async def delete(call: Invocation, words: VerbArguments) -> int:
    """delete"""
    fleet, purge = call.lab.fleet, "purge" in words
    named = [name for name in words.rest if "." in name]
    if named and not purge:
        raise usage(
            "Snapshots can only be purged (after deletion, they cannot be recovered). "
            "Please use the `--purge` flag if that is what you want."
        )
    words.rest = [name for name in words.rest if "." not in name]
    machines = [] if named and not words.rest else named_or_all(call, words, deleted=True)
    owners = [(fleet.named([name.partition(".")[0]])[0], name) for name in named]
    for owner, name in owners:
        if name.partition(".")[2] not in owner.snapshots:
            raise Refused(f"No such snapshot: {name}")
    if not purge:
        for machine in machines:
            _can_shut_down(machine, "--purge to forcefully delete it")
    for owner, name in owners:
        snapshots.remove(owner, name.partition(".")[2])
    async with spinner(call, "Deleting " + ", ".join(machine.name for machine in machines)):
        await asyncio.gather(*((fleet.purge if purge else fleet.delete)(m) for m in machines))
    return 0


async def recover(call: Invocation, words: VerbArguments) -> int:
    """recover"""
    for machine in named_or_all(call, words, deleted=True):
        call.lab.fleet.recover(machine)
    return 0


async def purge(call: Invocation, words: VerbArguments) -> int:
    """purge"""
    if words.rest:
        raise usage("This command takes no arguments")
    for machine in call.lab.fleet.listed():
        if machine.status == DELETED:
            await call.lab.fleet.purge(machine)
    return 0


async def find(call: Invocation, words: VerbArguments) -> int:
    """find"""
    form = chosen_format(words)
    if len(words.rest) > 1:
        raise usage("Wrong number of arguments")
    if words.rest:
        name = words.rest[0].removeprefix("release:")
        image = images.find(name)
        if image is None:
            raise Refused(f'Unable to find an image matching "{name}" in remote "".')
        found = {words.rest[0]: _image(image, [], "")}
    else:
        found = {
            image.number: _image(image, [image.codename, *image.aliases], "release")
            for image in images.IMAGES
        }
    await call.out(formats.images(found, form))
    return 0


def _image(image: images.UbuntuRelease, aliases: list[str], remote: str) -> dict[str, object]:
    return {
        "os": "Ubuntu",
        "release": image.release,
        "version": image.version,
        "aliases": aliases,
        "remote": remote,
    }


async def version(call: Invocation, words: VerbArguments) -> int:
    """version"""
    form = chosen_format(words)
    about = {"multipass": VERSION, "multipassd": VERSION}
    if form == "json":
        text = formats.as_json(about) + "\n"
    elif form == "yaml":
        text = formats.as_yaml(about)
    elif form == "csv":
        text = f"Multipass,Multipassd,Title,Description,URL\n{VERSION},{VERSION},,,\n"
    else:
        note = f"(the owlab pocket lab, {platform.system()}: machines are simulated)"
        text = f"multipass   {VERSION}\nmultipassd  {VERSION}\n{note}\n"
    await call.out(text)
    return 0


async def networks(call: Invocation, words: VerbArguments) -> int:
    """networks"""
    chosen_format(words)
    raise Refused("The networks feature is not implemented on this backend.")


async def wait_ready(call: Invocation, words: VerbArguments) -> int:
    """wait-ready"""
    chosen_timeout(words)
    return 0
