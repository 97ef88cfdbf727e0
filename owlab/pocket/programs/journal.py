"""`journalctl`: what systemd, its units and `logger` wrote."""

from __future__ import annotations

import asyncio
import getopt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.machines import syslog, units
from owlab.pocket.machines.syslog import PRIORITIES, LogLine
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of
from owlab.pocket.programs.dates import NotADate, parsed
from owlab.pocket.programs.options import Complaint, refuse
from owlab.pocket.programs.pager import in_pages

LOOK_EVERY = 0.25
SHORT = "u:n:o:rg:fxebqkp:t:S:U:aF:"
LONG = (
    "unit= lines= no-pager output= reverse grep= follow catalog pager-end boot quiet dmesg "
    "priority= "
    "identifier= since= until= all system list-boots disk-usage rotate flush sync no-hostname utc "
    "vacuum-time= vacuum-size= vacuum-files= field= fields no-tail full no-full"
)
ABSENT = "fields no-full"
PAGE = 1000
"""Lines that ``-e`` leaves, unless told otherwise."""
SPAN = re.compile(r"(\d+)\s*(s|sec|m|min|h|hr|d|w)(?![a-z])\s*")
SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hr": 3600, "d": 86400, "w": 604800}
FIELD = re.compile(r"[A-Z_][A-Z0-9_]*=")


def short(call: Call, line: LogLine) -> str:
    """A message as it is shown unless told otherwise."""
    when = line.when.astimezone(zone_of(call))
    return f"{when:%b %d %H:%M:%S} {call.machine.name} {line.by}: {line.text}"


def record(call: Call, line: LogLine) -> dict[str, str]:
    """A message with its fields."""
    fields = {
        "__REALTIME_TIMESTAMP": str(int(line.when.timestamp() * 1_000_000)),
        "_HOSTNAME": call.machine.name,
        "PRIORITY": str(PRIORITIES.index(line.priority)),
        "SYSLOG_FACILITY": str(syslog.FACILITIES.index(line.facility)),
        "SYSLOG_IDENTIFIER": line.identifier,
        "_COMM": line.identifier,
        "_PID": line.pid,
        "MESSAGE": line.text,
        "_SYSTEMD_UNIT": "init.scope" if line.identifier == "systemd" else f"{line.unit}.service",
        "UNIT": f"{line.unit}.service" if line.identifier == "systemd" else "",
    }
    if not line.unit:
        del fields["_SYSTEMD_UNIT"]
    return {name: value for name, value in fields.items() if value}


@dataclass
class JournalQuestion:
    """What `journalctl` was asked for."""

    units: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    gravest: int = 0
    least: int = len(PRIORITIES) - 1
    since: datetime | None = None
    until: datetime | None = None
    pattern: re.Pattern[str] | None = None
    fields: dict[str, set[str]] = field(default_factory=dict)
    limit: int | None = None
    reverse: bool = False
    follow: bool = False
    form: str = "short"
    kernel: bool = False
    named: bool = True
    """The machine's name is shown."""

    def wants(self, call: Call, line: LogLine) -> bool:
        """The message is asked for."""
        said = record(call, line)
        return (
            not self.kernel
            and (not self.units or line.unit in self.units)
            and (not self.tags or line.identifier in self.tags)
            and self.gravest <= PRIORITIES.index(line.priority) <= self.least
            and (self.since is None or line.when >= self.since)
            and (self.until is None or line.when <= self.until)
            and (self.pattern is None or self.pattern.search(line.text) is not None)
            and all(said.get(name) in values for name, values in self.fields.items())
        )


@program("journalctl")
async def journalctl(call: Call) -> int:
    """``-u -t -p -S -U -n -g -r -f -k -b -o``, FIELD=VALUE; ``--disk-usage`` and the like."""
    given, words = _read(call)
    refuse("journalctl", given, ABSENT)
    names = {name for name, _ in given}
    if "--utc" in names:
        call.env = {**call.env, "TZ": "UTC"}
    if (status := await _kept(call, names)) is not None:
        return status
    question = _question(call, given, words)
    if (asked := _last(given, "-F", "--field")) is not None:
        values = {record(call, line).get(asked) for line in syslog.lines(call.machine)}
        await call.out("".join(f"{value}\n" for value in sorted(filter(None, values))))
        return 0
    found = [line for line in syslog.lines(call.machine) if question.wants(call, line)]
    if question.limit is not None:
        found = found[-question.limit :] if question.limit else []
    if question.reverse:
        found.reverse()
    if not found and not question.follow:
        await call.out("" if names & {"-q", "--quiet"} else "-- No entries --\n")
        return 0
    text = _text(call, question, found)
    if question.follow or "--no-pager" in call.argv:
        await call.out(text)
    else:
        await in_pages(call, text, "", at_end=bool(names & {"-e", "--pager-end"}))
    if question.follow:
        await _follow(call, question)
    return 0


def _read(call: Call) -> tuple[list[tuple[str, str]], list[str]]:
    try:
        return getopt.gnu_getopt(_with_values(call.argv), SHORT, LONG.split())
    except getopt.GetoptError as error:
        told = f"unrecognized option '--{error.opt}'" if len(error.opt) > 1 else None
        if "requires argument" in error.msg:
            told = f"option requires an argument -- '{error.opt}'"
        raise Complaint(f"journalctl: {told or f'invalid option -- {error.opt!r}'}\n") from None


def _with_values(argv: list[str]) -> list[str]:
    """Options whose value may be left out, with one: ``-n``, and ``-b`` without its own."""
    words: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        cluster = re.fullmatch(r"-[a-z]*n", word)
        if (cluster or word == "--lines") and not (rest and re.fullmatch(r"\+?\d+|all", rest[0])):
            words += [word, "10"]
        elif word in ("-b", "--boot") and rest and re.fullmatch(r"[-+]?\d+", rest[0]):
            words.append(f"--boot={rest.pop(0)}")
        else:
            words.append(word)
    for word in words:
        if word.startswith("--boot=") and word[7:].lstrip("-+0"):
            raise Complaint(
                f"Data from the specified boot ({word[7:]}) is not available: "
                "No such boot ID in journal\n"
            )
    return [word for word in words if not word.startswith("--boot=")]


def _last(given: list[tuple[str, str]], *names: str) -> str | None:
    return next((value for name, value in reversed(given) if name in names), None)


async def _kept(call: Call, names: set[str]) -> int | None:
    """What is asked of the journal as a whole."""
    if "--disk-usage" in names:
        size = sum(len(line.text) + len(line.by) for line in syslog.lines(call.machine))
        kept = f"{max(size, 1024) / 1024:.1f}K"
        await call.out(f"Archived and active journals take up {kept} in the file system.\n")
        return 0
    if "--list-boots" in names:
        found = syslog.lines(call.machine)
        zone = zone_of(call)
        identity = (call.machine.read("/etc/machine-id") or b"").decode().strip()
        await call.out(f"IDX {'BOOT ID':<32} {'FIRST ENTRY':<27} LAST ENTRY\n")
        if found:
            first, last = (
                f"{found[i].when.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}" for i in (0, -1)
            )
            await call.out(f"  0 {identity} {first} {last}\n")
        return 0
    if names & {"--vacuum-time", "--vacuum-size", "--vacuum-files"}:
        await call.err("Vacuuming done, freed 0B of archived journals from /var/log/journal.\n")
        return 0
    return 0 if names & {"--rotate", "--flush", "--sync"} else None


def _question(call: Call, given: list[tuple[str, str]], words: list[str]) -> JournalQuestion:
    question = JournalQuestion()
    ends: int | None = None
    counted = whole = False
    for name, value in given:
        if name in ("-u", "--unit"):
            question.units.append(units.plain(value))
        elif name in ("-t", "--identifier"):
            question.tags.append(value)
        elif name in ("-p", "--priority"):
            question.gravest, question.least = _priorities(value)
        elif name in ("-S", "--since"):
            question.since = _moment(call, value)
        elif name in ("-U", "--until"):
            question.until = _moment(call, value)
        elif name in ("-g", "--grep"):
            question.pattern = _pattern(value)
        elif name in ("-n", "--lines"):
            counted, question.limit = True, None if value == "all" else _count(value)
        elif name in ("-o", "--output"):
            question.form = value
        elif name in ("-f", "--follow"):
            question.follow = True
            ends = 10
        elif name in ("-e", "--pager-end"):
            ends = PAGE
        whole = whole or name == "--no-tail"
        question.reverse = question.reverse or name in ("-r", "--reverse")
        question.kernel = question.kernel or name in ("-k", "--dmesg")
        question.named = question.named and name != "--no-hostname"
    if not counted and not whole:
        question.limit = ends
    for word in words:
        if not FIELD.match(word):
            raise Complaint(f"Failed to add match '{word}': Invalid argument\n")
        name, _, value = word.partition("=")
        question.fields.setdefault(name, set()).add(value)
    if question.form not in FORMS and question.form != "help":
        raise Complaint(f"Unknown output format '{question.form}'.\n")
    return question


def _count(value: str) -> int:
    if not value.lstrip("+").isdecimal():
        raise Complaint(f"Failed to parse lines '{value}': Invalid argument\n")
    return int(value.lstrip("+"))


def _priorities(text: str) -> tuple[int, int]:
    numbers = []
    for word in text.split(".."):
        name = syslog.OTHER_NAMES.get(word.lower(), word.lower())
        if name.isdecimal() and int(name) < len(PRIORITIES):
            numbers.append(int(name))
        elif name in PRIORITIES:
            numbers.append(PRIORITIES.index(name))
        else:
            raise Complaint(f"Unknown log level {text}\n")
    return (0, numbers[0]) if len(numbers) == 1 else (min(numbers), max(numbers))


def _pattern(text: str) -> re.Pattern[str]:
    """Capitals count where there are some."""
    try:
        return re.compile(text, re.I if text == text.lower() else 0)
    except re.error as error:
        raise Complaint(f'Bad pattern "{text}": {error.msg}\n') from None


def _moment(call: Call, text: str) -> datetime:
    """systemd's times: ``-1h``, ``5 min ago``, ``today``, ``2024-05-01 10:00``."""
    zone = zone_of(call)
    now = utc_now().astimezone(zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    said = text.strip().lower()
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if said in days:
        return midnight + timedelta(days=days[said])
    body = said.removesuffix("ago").strip().lstrip("+-")
    if body and SPAN.sub("", body) == "":
        span = sum(int(count) * SECONDS[unit] for count, unit in SPAN.findall(body))
        back = said.startswith("-") or said.endswith("ago")
        return now + timedelta(seconds=-span if back else span)
    try:
        return parsed(text, now)
    except NotADate:
        raise Complaint(f"Failed to parse timestamp: {text}\n") from None


async def _follow(call: Call, question: JournalQuestion) -> None:
    """New lines as they are written, until somebody ends it."""
    seen = syslog.lines(call.machine)
    while True:
        await asyncio.sleep(LOOK_EVERY)
        latest = seen[-1].when if seen else None
        seen = syslog.lines(call.machine)
        fresh = [line for line in seen if latest is None or line.when > latest]
        await call.out(
            _text(call, question, [line for line in fresh if question.wants(call, line)])
        )


def _text(call: Call, question: JournalQuestion, found: list[LogLine]) -> str:
    show = FORMS.get(question.form, short)
    lines = [show(call, line) for line in found]
    if not question.named:
        lines = [text.replace(f" {call.machine.name} ", " ", 1) for text in lines]
    return "".join(f"{text}\n" for text in lines)


def _stamped(form: str) -> Callable[[Call, LogLine], str]:
    """The short form with another time."""

    def show(call: Call, line: LogLine) -> str:
        when = line.when.astimezone(zone_of(call))
        stamp = when.strftime(form)
        if "%z" in form:
            stamp = f"{stamp[:-2]}:{stamp[-2:]}"
        return f"{stamp} {call.machine.name} {line.by}: {line.text}"

    return show


def _json(call: Call, line: LogLine) -> str:
    return json.dumps(record(call, line), separators=(",", ":"), ensure_ascii=False)


def _pretty(call: Call, line: LogLine) -> str:
    return json.dumps(record(call, line), indent="\t", ensure_ascii=False)


def _verbose(call: Call, line: LogLine) -> str:
    when = line.when.astimezone(zone_of(call))
    fields = [f"    {name}={value}" for name, value in sorted(record(call, line).items())]
    return "\n".join([f"{when:%a %Y-%m-%d %H:%M:%S.%f %Z}", *fields])


def _with_unit(call: Call, line: LogLine) -> str:
    when = line.when.astimezone(zone_of(call))
    name = f"{line.unit}.service" if line.unit else line.identifier
    pid = f"[{line.pid}]" if line.pid else ""
    return f"{when:%a %Y-%m-%d %H:%M:%S %Z} {call.machine.name} {name}{pid}: {line.text}"


FORMS: dict[str, Callable[[Call, LogLine], str]] = {
    "short": short,
    "short-iso": _stamped("%Y-%m-%dT%H:%M:%S%z"),
    "short-iso-precise": _stamped("%Y-%m-%dT%H:%M:%S.%f%z"),
    "short-precise": _stamped("%b %d %H:%M:%S.%f"),
    "short-full": _stamped("%a %Y-%m-%d %H:%M:%S %Z"),
    "short-unix": lambda call, line: (
        f"{line.when.timestamp():.6f} {call.machine.name} {line.by}: {line.text}"
    ),
    "with-unit": _with_unit,
    "verbose": _verbose,
    "json": _json,
    "json-pretty": _pretty,
    "cat": lambda _call, line: line.text,
}
