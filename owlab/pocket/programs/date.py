"""`date`: now, or another moment, in the machine's time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date_formats import shown
from owlab.pocket.programs.dates import NotADate, parsed
from owlab.pocket.programs.options import Complaint, Options, parse, usage

POSIX_ZONE = re.compile(
    r"(?P<name>[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)(?P<sign>[+-]?)(?P<hours>1?\d|2[0-4])?(:(?P<minutes>[0-5]\d))?"
)
ISO = {
    "date": "%Y-%m-%d",
    "hours": "%Y-%m-%dT%H%:z",
    "minutes": "%Y-%m-%dT%H:%M%:z",
    "seconds": "%Y-%m-%dT%H:%M:%S%:z",
    "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}
RFC_3339 = {
    "date": "%Y-%m-%d",
    "seconds": "%Y-%m-%d %H:%M:%S%:z",
    "ns": "%Y-%m-%d %H:%M:%S.%N%:z",
}
DEFAULT = "%a %b %e %H:%M:%S %Z %Y"
EMAIL = "%a, %d %b %Y %H:%M:%S %z"


def zone_of(call: Call, *, utc: bool = False) -> tzinfo:
    """The time zone of a command: ``-u``, ``TZ``, or what ``/etc/localtime`` leads to."""
    if utc:
        return UTC
    name = call.env.get("TZ")
    if name is None:
        try:
            name = call.fs.read_link("/etc/localtime").partition("zoneinfo/")[2]
        except OSError:
            name = ""
    name = name.removeprefix(":")
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _posix_zone(name)


def _posix_zone(text: str) -> tzinfo:
    """``JST-9``: a name, and how far west it is; without a number it is UTC under that name."""
    found = POSIX_ZONE.match(text)
    if found is None:
        return timezone(timedelta(0), "")
    west = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    return timezone(west if found["sign"] == "-" else -west, found["name"].strip("<>"))


@program("date", machines="all")
async def date(call: Call) -> int:
    """Now, or ``-d TEXT``, ``-r FILE``; ``-u``, ``-I``, ``-R``, ``--rfc-3339=``, ``+FORMAT``."""
    call.argv[:] = [f"--iso-8601={w[2:]}" if w.startswith("-I") else w for w in call.argv]
    options = parse(
        call,
        "d:f:r:s:uR",
        "date= file= reference= set= utc universal iso-8601? rfc-3339= rfc-email rfc-822 debug",
        absent="debug",
    )
    if options.has("s", "set"):
        raise Complaint("date: cannot set date: Operation not permitted\n")
    zone = zone_of(call, utc=options.has("u", "utc", "universal"))
    form = _format(options)
    if sum(options.has(*names) for names in (("d", "date"), ("r", "reference"), ("f", "file"))) > 1:
        raise usage("date", "the options to specify dates for printing are mutually exclusive")
    if (name := options.value("f", "file")) is not None:
        return await _each(call, name, form, zone)
    try:
        moment = _moment(call, options, zone)
    except NotADate:
        raise Complaint(f"date: invalid date ‘{options.value('d', 'date')}’\n") from None
    await call.out(shown(moment, form) + "\n")
    return 0


def _format(options: Options) -> str:
    words = list(options.words)
    if words and not words[0].startswith("+"):
        if words[0].isdecimal():
            raise Complaint("date: cannot set date: Operation not permitted\n")
        raise Complaint(f"date: invalid date ‘{words[0]}’\n")
    if len(words) > 1:
        raise usage("date", f"extra operand ‘{words[1]}’")
    if options.has("R", "rfc-email", "rfc-822"):
        return EMAIL
    if options.has("iso-8601"):
        what = options.value("iso-8601") or "date"
        if what not in ISO:
            raise _unknown(what, "iso-8601", "hours minutes date seconds ns")
        return ISO[what]
    if options.has("rfc-3339"):
        what = options.value("rfc-3339") or ""
        if what not in RFC_3339:
            raise _unknown(what, "rfc-3339", "date seconds ns")
        return RFC_3339[what]
    return words[0][1:] if words else DEFAULT


def _unknown(what: str, option: str, known: str) -> Complaint:
    valid = "".join(f"\n  - ‘{one}’" for one in known.split())
    return usage("date", f"invalid argument ‘{what}’ for ‘--{option}’\nValid arguments are:{valid}")


def _moment(call: Call, options: Options, zone: tzinfo) -> datetime:
    now = utc_now().astimezone(zone)
    text, name = options.value("d", "date"), options.value("r", "reference")
    if name is not None:
        try:
            return datetime.fromtimestamp(call.fs.look(call.path(name)).modified, zone)
        except OSError as error:
            raise Complaint(f"date: {name}: {error.strerror}\n") from None
    if text is None:
        return now
    base = now if text.strip() else now.replace(hour=0, minute=0, second=0, microsecond=0)
    return parsed(text, base).astimezone(zone)


async def _each(call: Call, name: str, form: str, zone: tzinfo) -> int:
    status = 0
    content = await call.stdin() if name == "-" else call.read(call.path(name))
    if content is None:
        raise Complaint(f"date: {name}: No such file or directory\n")
    for line in content.decode(errors="replace").splitlines():
        try:
            moment = parsed(line, utc_now().astimezone(zone)).astimezone(zone)
            await call.out(shown(moment, form) + "\n")
        except NotADate:
            await call.err(f"date: invalid date ‘{line}’\n")
            status = 1
    return status
