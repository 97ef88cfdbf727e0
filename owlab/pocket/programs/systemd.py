"""`systemctl` and `service`: start, stop, enable and ask about the machine's units."""

from __future__ import annotations

import getopt
from dataclasses import dataclass
from datetime import datetime

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.machines import syslog, unit_jobs, units
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.journal import short
from owlab.pocket.programs.options import refuse

LONG = ["now", "no-pager", "quiet", "type=", "state=", "all", "full", "no-legend", "plain"]
LONG += ["version"]
LONG += ["lines=", "wait", "no-block", "failed", "property=", "value", "system", "force", "user"]
ABSENT = "wait no-block user"
CHANGING = {"start", "stop", "restart", "reload", "enable", "disable", "daemon-reload"}
CHANGING |= {"try-restart", "reload-or-restart", "mask", "unmask", "reset-failed", "kill"}
LSB = {"running": 0, "dead": 3, "missing": 4}


@dataclass(frozen=True, slots=True)
class SystemctlRequest:
    """A parsed command line of systemctl."""

    verb: str
    names: tuple[str, ...]
    now: bool
    quiet: bool
    properties: tuple[str, ...]
    value: bool
    state: str
    legend: bool
    everything: bool
    """Units that are not active as well."""
    kinds: tuple[str, ...]
    lines: int
    """Of the journal, as ``status`` shows them."""
    plain: bool


class SystemctlUsageError(Exception):
    """A command line that systemctl refuses; the message is systemctl's."""


def parse(argv: list[str]) -> SystemctlRequest:
    """Read systemctl's command line. Raises :class:`SystemctlUsageError`."""
    try:
        options, words = getopt.gnu_getopt(argv, "qlat:n:p:f", LONG)
    except getopt.GetoptError as error:
        if "recognized" in error.msg and len(error.opt) > 1:
            raise SystemctlUsageError(f"systemctl: unrecognized option '--{error.opt}'\n") from None
        raise SystemctlUsageError(f"systemctl: {error.msg}\n") from None
    given = dict(options)
    refuse("systemctl", options, ABSENT)
    lines = given.get("-n", given.get("--lines", "10"))
    if not lines.isdecimal():
        raise SystemctlUsageError(f"Failed to parse lines '{lines}': Invalid argument\n")
    return SystemctlRequest(
        verb="--version" if "--version" in given else words[0] if words else "list-units",
        names=tuple(words[1:]),
        now="--now" in given,
        quiet="-q" in given or "--quiet" in given,
        properties=tuple(
            name
            for key, value in options
            if key in ("-p", "--property")
            for name in value.split(",")
        ),
        value="--value" in given,
        state="failed" if "--failed" in given else given.get("--state", ""),
        legend="--no-legend" not in given,
        everything=bool({"-a", "--all"} & set(given)),
        kinds=tuple(
            kind for key, value in options if key in ("-t", "--type") for kind in value.split(",")
        ),
        lines=int(lines),
        plain="--plain" in given,
    )


@program("systemctl")
async def systemctl(call: Call) -> int:
    """``status``, ``start``, ``stop``, ``restart``, ``enable``, ``disable``, ``is-active`` UNIT."""
    try:
        request = parse(call.argv)
    except SystemctlUsageError as error:
        await call.err(str(error))
        return 1
    if request.verb in CHANGING and not call.root:
        return await _closed(call, request)
    match request.verb:
        case "daemon-reload" | "reset-failed":
            return 0
        case "is-system-running":
            await call.out("running\n")
            return 0
        case "get-default":
            await call.out("graphical.target\n")
            return 0
        case "list-timers" | "list-sockets" | "list-jobs":
            kind = request.verb.removeprefix("list-")
            await call.out("No jobs running.\n" if kind == "jobs" else f"0 {kind} listed.\n")
            return 0
        case "list-dependencies" | "set-default" | "isolate" | "edit":
            await call.err(f"systemctl: {request.verb} is not part of the pocket lab's systemctl\n")
            return 1
        case "list-units" | "list-unit-files":
            return await _list(call, request)
        case "--version":
            await call.out("systemd 255 (255.4-1ubuntu8+pocket)\n")
            return 0
    if not request.names:
        if request.verb == "status":
            await call.out(f"● {call.machine.name}\n    State: running\n")
            return 0
        await call.err("Too few arguments.\n")
        return 1
    found = [await _one(call, request, units.plain(name)) for name in request.names]
    call.machine.save()
    if request.verb in ("is-active", "is-enabled", "is-failed"):
        return 0 if 0 in found else found[-1]  # one is enough
    return next((status for status in reversed(found) if status), 0)


async def _closed(call: Call, request: SystemctlRequest) -> int:
    """What only root does."""
    why, unit = "Interactive authentication required.\n", "".join(map(_full, request.names[:1]))
    if request.verb in ("daemon-reload", "reset-failed"):
        await call.err(f"Failed to reload daemon: {why}")
        return 1
    if not unit:
        await call.err("Too few arguments.\n")
        return 1
    if request.verb in ("enable", "disable", "mask", "unmask"):
        await call.err(f"Failed to {request.verb} unit: {why}")
        return 1
    hint = f"See system logs and 'systemctl status {unit}' for details.\n"
    await call.err(f"Failed to {request.verb} {unit}: {why}{hint}")
    return 4 if request.verb in ("start", "stop", "restart", "reload") else 1


async def _one(call: Call, request: SystemctlRequest, unit: str) -> int:
    match request.verb:
        case "is-active":
            return await _is_active(call, request, unit)
        case "is-enabled":
            return await _is_enabled(call, request, unit)
        case "is-failed":
            state = units.condition(call.machine, unit)
            await call.out(f"{state}\n")
            return 0 if state == "failed" else 1
        case "show":
            return await _show(call, request, unit)
        case "status" | "cat" | "start" | "stop" | "restart" | "try-restart" | "reload":
            pass
        case "enable" | "disable" | "reload-or-restart" | "kill" | "mask" | "unmask":
            pass
        case _:
            await call.err(f"Unknown command verb '{request.verb}'.\n")
            return 1
    if units.unit_file(call.machine, unit) is None:
        return await _missing(call, request.verb, unit)
    match request.verb:
        case "status":
            return await status(call, unit, request.lines)
        case "cat":
            path = units.unit_file(call.machine, unit) or ""
            text = call.machine.read(path) or b"[Service]\n# a unit of the pocket lab\n"
            await call.out(f"# {path}\n".encode() + text)
            return 0
        case "start":
            return await start(call, unit)
        case "stop" | "kill":
            await unit_jobs.stop(call.machine, unit)
            return 0
        case "restart" | "reload-or-restart" | "try-restart":
            if request.verb == "try-restart" and not units.active(call.machine, unit):
                return 0
            await unit_jobs.stop(call.machine, unit)
            return await start(call, unit)
        case "reload":
            if not units.active(call.machine, unit):
                await call.err(f"{unit}.service is not active, cannot reload.\n")
                return 1
            units.note(call.machine, unit, f"Reloaded {unit}.service.")
            return 0
    return await _enable(call, request, unit)


async def start(call: Call, unit: str) -> int:
    """`systemctl start`: silent when it works, systemd's two sentences when it does not."""
    if unit_jobs.runs_nothing(call.machine, unit) and not units.active(call.machine, unit):
        await call.err(
            f"systemctl: {unit}.service: noted as started; the pocket lab runs no program of a "
            "unit of your own\n"
        )
    if await unit_jobs.start(call.machine, unit) is None:
        return 0
    await call.err(
        f"Job for {unit}.service failed because the control process exited with error code.\n"
        f'See "systemctl status {unit}.service" and "journalctl -xeu {unit}.service" '
        "for details.\n"
    )
    return 1


async def _enable(call: Call, request: SystemctlRequest, unit: str) -> int:
    if request.verb in ("mask", "unmask"):
        await call.err("Masking units is not part of the pocket lab.\n")
        return 1
    wanted = request.verb == "enable"
    if units.enable(call.machine, unit, wanted):
        removed = f'Removed "/etc/systemd/system/multi-user.target.wants/{unit}.service".'
        await call.err((units.link_text(unit) if wanted else removed) + "\n")
    if not request.now:
        return 0
    if wanted:
        return await start(call, unit)
    await unit_jobs.stop(call.machine, unit)
    return 0


async def _is_active(call: Call, request: SystemctlRequest, unit: str) -> int:
    known = units.unit_file(call.machine, unit)
    state = units.condition(call.machine, unit)
    if not request.quiet:
        await call.out(f"{state}\n")
    if state == "active":
        return 0
    return LSB["dead"] if known else LSB["missing"]


async def _is_enabled(call: Call, request: SystemctlRequest, unit: str) -> int:
    if units.unit_file(call.machine, unit) is None:
        if not request.quiet:
            await call.out("not-found\n")
        return LSB["missing"]
    enabled = units.state(call.machine, unit).enabled
    if not request.quiet:
        await call.out("enabled\n" if enabled else "disabled\n")
    return 0 if enabled else 1


async def _show(call: Call, request: SystemctlRequest, unit: str) -> int:
    known = units.unit_file(call.machine, unit)
    enabled = bool(known) and units.state(call.machine, unit).enabled
    state = units.condition(call.machine, unit)
    values = {
        "Id": f"{unit}.service",
        "LoadState": "loaded" if known else "not-found",
        "ActiveState": state,
        "SubState": _sub(call, unit, state),
        "UnitFileState": ("enabled" if enabled else "disabled") if known else "",
        "MainPID": str(units.pid(unit) if state == "active" else 0),
    }
    for name in request.properties or values:
        if name in values:
            await call.out((values[name] if request.value else f"{name}={values[name]}") + "\n")
    return 0


async def _missing(call: Call, verb: str, unit: str) -> int:
    full = _full(unit)
    if verb == "status":
        await call.err(f"Unit {full} could not be found.\n")
        return LSB["missing"]
    if verb in ("enable", "disable"):
        await call.err(f"Failed to {verb} unit: Unit file {full} does not exist.\n")
        return 1
    if verb == "cat":
        await call.err(f"No files found for {full}.\n")
        return 1
    if verb in ("stop", "reload", "try-restart", "kill"):
        await call.err(f"Failed to {verb} {full}: Unit {full} not loaded.\n")
        return 5
    await call.err(f"Failed to {verb} {full}: Unit {full} not found.\n")
    return 5


async def status(call: Call, unit: str, count: int = 10) -> int:
    """`systemctl status`: the state, and the last lines of the journal."""
    record = units.state(call.machine, unit)
    kind = units.kind_of(call.machine, unit)
    state = units.condition(call.machine, unit)
    dot = {"active": "●", "failed": "×"}.get(state, "○")
    enabled = "enabled" if record.enabled else "disabled"
    path = units.unit_file(call.machine, unit)
    reason = f"{state} ({'Result: exit-code' if state == 'failed' else _sub(call, unit, state)})"
    since = f" since {_since(record.since)}" if record.since else ""
    text = (
        f"{dot} {unit}.service - {kind.description}\n"
        f"     Loaded: loaded ({path}; {enabled}; preset: enabled)\n"
        f"     Active: {reason}{since}\n"
    )
    if state == "active" and not kind.oneshot:
        program = kind.program.rsplit("/", 1)[-1]
        text += f"   Main PID: {units.pid(unit)} ({program}, simulated by the pocket lab)\n"
    lines = syslog.lines(call.machine, [unit])[-count:] if count else []
    if lines:
        text += "\n" + "".join(f"{short(call, line)}\n" for line in lines)
    await call.out(text)
    return 0 if state == "active" else LSB["dead"]


async def _list(call: Call, request: SystemctlRequest) -> int:
    files = request.verb == "list-unit-files"
    rows: list[tuple[str, ...]] = []
    for unit in units.names(call.machine):
        record, kind = units.state(call.machine, unit), units.kind_of(call.machine, unit)
        state = units.condition(call.machine, unit)
        shown = not request.state or request.state in (state, _sub(call, unit, state))
        if request.kinds and "service" not in request.kinds:
            continue
        if request.names and not any(units.plain(name) == unit for name in request.names):
            continue
        if files:
            rows.append((f"{unit}.service", "enabled" if record.enabled else "disabled"))
        elif shown and (request.state or request.everything or state != "inactive"):
            sub = _sub(call, unit, state)
            rows.append((f"{unit}.service", "loaded", state, sub, kind.description))
    head: tuple[str, ...] = (
        ("UNIT FILE", "STATE") if files else ("UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION")
    )
    table = [head, *rows] if request.legend else rows
    widths = [max(len(row[i]) for row in table) for i in range(len(head))] if table else []
    for row in table:
        line = " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        await call.out("  " * (not files and not request.plain) + line.rstrip() + "\n")
    if request.legend:
        what = "unit files" if files else "loaded units"
        await call.out(f"\n{len(rows)} {what} listed.\n")
    return 0


def _sub(call: Call, unit: str, active: str) -> str:
    if active != "active":
        return "failed" if active == "failed" else "dead"
    return "exited" if units.kind_of(call.machine, unit).oneshot else "running"


def _since(when: str) -> str:
    """``Thu 2024-05-08 10:15:14 UTC; 5min ago``."""
    moment = datetime.fromisoformat(when)
    seconds = int((utc_now() - moment).total_seconds())
    return f"{moment:%a %Y-%m-%d %H:%M:%S} UTC; {_span(seconds)} ago"


def _span(seconds: int) -> str:
    """A time as systemd tells it: the longer, the less exactly."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days >= 2:
        return f"{days} days"
    if hours >= 25:
        return f"1 day {hours - 24}h"
    if hours >= 6:
        return f"{hours}h"
    if hours:
        return f"{hours}h {minutes % 60}min"
    if minutes >= 5:
        return f"{minutes}min"
    return f"{minutes}min {seconds % 60}s" if minutes else f"{seconds}s"


def _full(name: str) -> str:
    return name if "." in name else f"{name}.service"


@program("service")
async def service(call: Call) -> int:
    """`service NAME VERB`, the older way to say `systemctl VERB NAME`."""
    if len(call.argv) < 2:
        await call.err("Usage: service < option > | --status-all | [ service_name [ command ] ]\n")
        return 1
    name, verb = call.argv[:2]
    if units.unit_file(call.machine, units.plain(name)) is None:
        await call.err(f"{name}: unrecognized service\n")
        return 1
    call.argv = [verb, name]
    return await systemctl(call)
