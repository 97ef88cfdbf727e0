"""`snap`: install, list, info, remove and refresh, from a store of three."""

from __future__ import annotations

import getopt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owlab.pocket.machines.state import InstalledSnap
from owlab.pocket.programs.base import Call, program

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


@dataclass(frozen=True, slots=True)
class StoreSnap:
    """One snap of the store."""

    version: str
    revision: int
    publisher: str
    summary: str
    classic: bool = False


# The engine behind `helm` is Helm 4 whatever the channel: the lab has no other to offer.
STORE = {
    "helm": StoreSnap(
        "4.2.3", 470, "snapcrafters✪", "The Kubernetes package manager", classic=True
    ),
    "multipass": StoreSnap("1.16.1", 15341, "canonical✓", "Instant Ubuntu instances"),
    "kubectl": StoreSnap("1.37.1", 3500, "canonical✓", "Command line client for Kubernetes", True),
    "core22": StoreSnap(
        "20240408", 1380, "canonical✓", "Runtime environment based on Ubuntu 22.04"
    ),
}
PREINSTALLED = {
    "snapd": StoreSnap("2.62", 21465, "canonical✓", "Daemon and tooling that enable snap packages")
}
RISKS = ("stable", "candidate", "beta", "edge")

CLASSIC = """\
error: This revision of snap "{name}" was published using classic confinement and thus may perform
       arbitrary system changes outside of the security sandbox that snaps are usually confined to,
       which may put your system at risk.

       If you understand and want to proceed repeat the command including --classic.
"""
NOT_ROOT = "error: access denied (try with sudo)\n"


def installed_snaps(machine: Machine) -> dict[str, InstalledSnap]:
    """The machine's snaps beyond the preinstalled: name -> channel, version, revision."""
    return machine.state.snaps


def has(machine: Machine, name: str) -> bool:
    """The snap is installed."""
    return name in machine.state.snaps


@program("snap", machines="all", own_help=True)
async def snap(call: Call) -> int:
    """Parse, check for root, and carry out one verb."""
    long = ["classic", "channel=", "stable", "candidate", "beta", "edge", "all", "purge", "wait"]
    long += ["revision=", "devmode", "dangerous", "version", "help", "color=", "unicode="]
    try:
        options, words = getopt.gnu_getopt(call.argv, "h", long)
    except getopt.GetoptError as error:
        await call.err(f"error: unknown flag `{error.opt}'\n")
        return 64
    given = dict(options)
    verb, names = (words[0] if words else "help"), words[1:]
    if "--version" in given or verb == "version":
        await call.out("snap    2.62+pocket\nsnapd   2.62+pocket\nseries  16\nubuntu  24.04\n")
        return 0
    if verb == "list":
        return await _list(call, names)
    if verb in ("info", "find"):
        return await _info(call, names)
    if verb not in ("install", "remove", "refresh"):
        await call.err(f"error: unknown command \"{verb}\", see 'snap help'.\n")
        return 64
    if verb == "refresh" and not names:
        await call.out("All snaps up to date.\n")
        return 0
    if not names:
        await call.err(
            "error: the required argument `<snap> (at least 1 argument)` was not provided\n"
        )
        return 1
    if not call.root:
        await call.err(NOT_ROOT)
        return 1
    for name in names:
        if verb == "install":
            status = await _install(call, name, given)
        elif verb == "refresh":
            status = await _refresh(call, name, given)
        else:
            status = await _remove(call, name)
        if status:
            return status
    return 0


async def _install(call: Call, name: str, given: dict[str, str]) -> int:
    snaps = installed_snaps(call.machine)
    if name in snaps or name in PREINSTALLED:
        await call.err(f"snap \"{name}\" is already installed, see 'snap help refresh'\n")
        return 0
    known = STORE.get(name)
    if known is None:
        await call.err(f'error: snap "{name}" not found\n')
        return 1
    channel = _channel(given)
    if channel is None:
        asked = given.get("--channel", "")
        await call.err(
            f'error: snap "{name}" is not available on {asked} but is available to install on '
            f"the following channels:\n\n       latest/stable  snap install {name}\n"
        )
        return 1
    if known.classic and "--classic" not in given and "--devmode" not in given:
        await call.err(CLASSIC.format(name=name))
        return 1
    await call.clock.pause(12)
    snaps[name] = InstalledSnap(known.version, known.revision, channel)
    call.machine.save()
    track = "" if channel == "latest/stable" else f" ({channel.removeprefix('latest/')})"
    await call.out(f"{name}{track} {known.version} from {_by(known)} installed\n")
    return 0


async def _refresh(call: Call, name: str, given: dict[str, str]) -> int:
    snaps = installed_snaps(call.machine)
    if name not in snaps:
        await call.err(f'error: snap "{name}" is not installed\n')
        return 1
    channel = _channel(given)
    if channel and channel != snaps[name].channel and len(given):
        snaps[name].channel = channel
        call.machine.save()
        known = STORE[name]
        await call.out(f"{name} {known.version} from {_by(known)} refreshed\n")
        return 0
    await call.out(f'snap "{name}" has no updates available\n')
    return 0


async def _remove(call: Call, name: str) -> int:
    if installed_snaps(call.machine).pop(name, None) is None:
        await call.err(f'snap "{name}" is not installed\n')
        return 0
    call.machine.save()
    await call.out(f"{name} removed\n")
    return 0


async def _list(call: Call, names: list[str]) -> int:
    rows = [
        (name, s.version, str(s.revision), "latest/stable", s.publisher, "snapd")
        for name, s in PREINSTALLED.items()
    ]
    for name, record in installed_snaps(call.machine).items():
        notes = "classic" if STORE[name].classic else "-"
        publisher = STORE[name].publisher
        rows.append((name, record.version, str(record.revision), record.channel, publisher, notes))
    chosen = [row for row in sorted(rows) if not names or row[0] in names]
    if not chosen:
        await call.err("error: no matching snaps installed\n")
        return 1
    table = [("Name", "Version", "Rev", "Tracking", "Publisher", "Notes"), *chosen]
    widths = [max(len(row[i]) for row in table) for i in range(6)]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        await call.out(line.rstrip() + "\n")
    return 0


async def _info(call: Call, names: list[str]) -> int:
    status = 0
    for name in names:
        known = STORE.get(name) or PREINSTALLED.get(name)
        if known is None:
            await call.err(f'error: no snap found for "{name}"\n')
            status = 1
            continue
        await call.out(
            f"name:      {name}\nsummary:   {known.summary}\npublisher: {known.publisher}\n"
            f"confinement: {'classic' if known.classic else 'strict'}\n"
            f"channels:\n  latest/stable:    {known.version} ({known.revision})\n"
        )
        record = installed_snaps(call.machine).get(name)
        if record:
            await call.out(f"installed:          {record.version} ({record.revision})\n")
    return status


def _channel(given: dict[str, str]) -> str | None:
    """The channel asked for in full, or None where the store has none of that name."""
    asked = given.get("--channel", "")
    for risk in RISKS:
        if f"--{risk}" in given:
            asked = risk
    if not asked:
        return "latest/stable"
    track, _, risk = asked.rpartition("/")
    if risk not in RISKS and not track:
        track, risk = risk, "stable"
    if risk not in RISKS or (track or "latest") not in ("latest", "4", "v4"):
        return None
    return f"{track or 'latest'}/{risk}"


def _by(known: StoreSnap) -> str:
    publisher = known.publisher.rstrip("✪✓")
    return f"{publisher.capitalize()}{known.publisher[-1]}"
