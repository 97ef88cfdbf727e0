"""`snap`: install, list, info, remove and refresh, from a store of three."""

from __future__ import annotations

import getopt

from owlab.pocket.machines import snaps
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import refuse

RISKS = ("stable", "candidate", "beta", "edge")

CLASSIC = """\
error: This revision of snap "{name}" was published using classic confinement and thus may perform
       arbitrary system changes outside of the security sandbox that snaps are usually confined to,
       which may put your system at risk.

       If you understand and want to proceed repeat the command including --classic.
"""
HELP = """\
The snap command lets you install, configure, refresh and remove snaps.

Usage: snap <command> [<options>...]

The pocket lab knows: find, help, info, install, list, refresh, remove, version
"""
NOT_ROOT = "error: access denied (try with sudo)\n"


@program("snap", machines="all")
async def snap(call: Call) -> int:
    """Packages that bring all they need: ``snap install helm --classic``, ``list``, ``info``,
    ``find``, ``refresh``, ``remove``."""
    long = ["classic", "channel=", "stable", "candidate", "beta", "edge", "all", "purge", "wait"]
    long += ["revision=", "devmode", "dangerous", "version", "help", "color=", "unicode="]
    try:
        options, words = getopt.gnu_getopt(call.argv, "h", long)
    except getopt.GetoptError as error:
        await call.err(f"error: unknown flag `{error.opt}'\n")
        return 64
    given = dict(options)
    verb, names = (words[0] if words else "help"), words[1:]
    refuse("snap", options, "revision all dangerous wait color unicode")
    if "--version" in given or verb == "version":
        await call.out("snap    2.62+pocket\nsnapd   2.62+pocket\nseries  16\nubuntu  24.04\n")
        return 0
    if verb == "help":
        await call.out(HELP)
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
    if snaps.has(call.machine, name) or name in snaps.PREINSTALLED:
        await call.err(f"snap \"{name}\" is already installed, see 'snap help refresh'\n")
        return 0
    known = snaps.STORE.get(name)
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
    snaps.install(call.machine, name, channel)
    track = "" if channel == "latest/stable" else f" ({channel.removeprefix('latest/')})"
    await call.out(f"{name}{track} {known.version} from {_by(known)} installed\n")
    return 0


async def _refresh(call: Call, name: str, given: dict[str, str]) -> int:
    if not snaps.has(call.machine, name):
        await call.err(f'error: snap "{name}" is not installed\n')
        return 1
    channel = _channel(given)
    if channel and given and snaps.follow(call.machine, name, channel):
        known = snaps.STORE[name]
        await call.out(f"{name} {known.version} from {_by(known)} refreshed\n")
        return 0
    await call.out(f'snap "{name}" has no updates available\n')
    return 0


async def _remove(call: Call, name: str) -> int:
    if not snaps.remove(call.machine, name):
        await call.err(f'snap "{name}" is not installed\n')
        return 0
    await call.out(f"{name} removed\n")
    return 0


async def _list(call: Call, names: list[str]) -> int:
    rows = [
        (name, s.version, str(s.revision), "latest/stable", s.publisher, "snapd")
        for name, s in snaps.PREINSTALLED.items()
    ]
    for name, record in snaps.installed(call.machine).items():
        notes = "classic" if snaps.STORE[name].classic else "-"
        publisher = snaps.STORE[name].publisher
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
        known = snaps.STORE.get(name) or snaps.PREINSTALLED.get(name)
        if known is None:
            await call.err(f'error: no snap found for "{name}"\n')
            status = 1
            continue
        await call.out(
            f"name:      {name}\nsummary:   {known.summary}\npublisher: {known.publisher}\n"
            f"confinement: {'classic' if known.classic else 'strict'}\n"
            f"channels:\n  latest/stable:    {known.version} ({known.revision})\n"
        )
        record = snaps.installed(call.machine).get(name)
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


def _by(known: snaps.StoreSnap) -> str:
    publisher = known.publisher.rstrip("✪✓")
    return f"{publisher.capitalize()}{known.publisher[-1]}"
