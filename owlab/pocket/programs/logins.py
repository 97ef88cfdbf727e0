"""`w`, `who`, `users`, `last`, `lastlog` and `uptime`: who is at a terminal, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from owlab.pocket.ground.clock import unix_time, utc_now
from owlab.pocket.machines import usage
from owlab.pocket.machines.visits import Visit
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of
from owlab.pocket.programs.options import Complaint, parse
from owlab.pocket.programs.options import usage as misused
from owlab.pocket.programs.uname import KERNEL

WHO_ABSENT = "d dead l login p process r runlevel t time T w mesg message writable"
LAST_ABSENT = "f file d dns i ip x system a hostlast s since t until p present 0"


def _here(call: Call) -> list[Visit]:
    return call.machine.visits.here()


def _at(moment: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone)


def _up(call: Call) -> int:
    return int(unix_time() - call.machine.booted)


@program("uptime")
async def uptime(call: Call) -> int:
    """How long the machine is up; ``-p`` in words, ``-s`` since when."""
    options = parse(call, "psV", "pretty since", absent="V")
    if options.words:
        raise Complaint("Usage:\n uptime [options]\n")
    if options.has("p", "pretty"):
        await call.out(f"up {_in_words(_up(call))}\n")
    elif options.has("s", "since"):
        await call.out(f"{_at(call.machine.booted, zone_of(call)):%Y-%m-%d %H:%M:%S}\n")
    else:
        await call.out(headline(call))
    return 0


def _in_words(seconds: int) -> str:
    sizes = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60))
    words = []
    for name, size in sizes:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {name}{'s' if count > 1 else ''}")
    return ", ".join(words) or "0 minutes"


def headline(call: Call) -> str:
    """The first line of `w` and `top`."""
    up, users = _up(call), len(_here(call))
    days, rest = divmod(up, 86400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    said = f"{days} day{'s' if days > 1 else ''}, " if days else ""
    said += f"{hours:2d}:{minutes:02d}" if hours else f"{minutes} min"
    now = utc_now().astimezone(zone_of(call))
    people = f"{users} user{'' if users == 1 else 's'}"
    load = ", ".join(f"{one:.2f}" for one in usage.load(call.machine))
    return f" {now:%H:%M:%S} up {said},  {people},  load average: {load}\n"


@program("w")
async def w(call: Call) -> int:
    """Who is at a terminal, and what runs there; ``-h`` without the head, ``-s -f`` shorter."""
    options = parse(
        call,
        "hsfiop",
        "no-header short from ip-addr old-style pids",
        absent="i ip-addr o old-style p pids",
    )
    # Each of them turns it round: Ubuntu's w begins with the column.
    origins = sum(name in ("f", "from") for name, _ in options.given) % 2 == 0
    if not options.has("h", "no-header"):
        await call.out(headline(call))
        place = f"{'FROM':<16}" if origins else ""
        await call.out(
            f"USER     TTY      {place} LOGIN@   IDLE   JCPU   PCPU WHAT\n"
            if not options.has("s", "short")
            else f"USER     TTY      {place}  IDLE WHAT\n"
        )
    for visit in _here(call):
        if options.words and visit.user not in options.words:
            continue
        since = f"{_at(visit.came, zone_of(call)):%H:%M}"
        runs = visit.shell.running or "-bash"
        idle = "0.00s" if visit.shell.running else _idle(unix_time() - visit.shell.used)
        head = f"{visit.user:<8} {visit.terminal:<8} {f'{visit.origin:<16}' if origins else ''}"
        middle = "" if options.has("s", "short") else f" {since:<7}"
        spent = "" if options.has("s", "short") else f"  {'0.00s':>5}  {'0.00s':>5}"
        await call.out(f"{head}{middle} {idle:>5}{spent} {runs}\n")
    return 0


def _idle(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2f}s"
    minutes, hours = int(seconds) // 60, int(seconds) // 3600
    if hours >= 48:
        return f"{hours // 24}days"
    return f"{minutes}:{int(seconds) % 60:02d}" if not hours else f"{hours}:{minutes % 60:02d}m"


@program("who")
async def who(call: Call) -> int:
    """Who is at a terminal; ``-b`` when the machine came up, ``-q``, ``-H``, ``-u``, ``am i``."""
    options = parse(
        call,
        "abdHlmpqrstTuw",
        "all boot dead heading login process count runlevel short time mesg message writable users",
        absent=WHO_ABSENT,
    )
    if len(options.words) > 2:
        raise misused("who", f"extra operand ‘{options.words[2]}’")
    if len(options.words) == 1:
        raise Complaint(f"who: the pocket lab's who reads no file: {options.words[0]}\n")
    zone = zone_of(call)
    here = _here(call)
    if options.has("q", "count"):
        names = [visit.user for visit in here]
        await call.out(f"{' '.join(names)}\n# users={len(names)}\n")
        return 0
    if options.has("H", "heading"):
        await call.out("NAME     LINE         TIME             COMMENT\n")
    if options.has("b", "boot", "a", "all"):
        await call.out(f"         system boot  {_at(call.machine.booted, zone):%Y-%m-%d %H:%M}\n")
        if not options.has("a", "all"):
            return 0
    if options.has("m") or options.words:
        own = call.machine.visits.of(call.session)
        here = [visit for visit in here if visit is own]
    idle = options.has("u", "users", "a", "all")
    for visit in here:
        when = f"{_at(visit.came, zone):%Y-%m-%d %H:%M}"
        more = f"   .   {visit.pid:>11}" if idle else ""
        await call.out(f"{visit.user:<8} {visit.terminal:<12} {when}{more} ({visit.origin})\n")
    return 0


@program("users")
async def users(call: Call) -> int:
    """The names of those at a terminal."""
    words = parse(call, "").words
    if len(words) > 1:
        raise misused("users", f"extra operand ‘{words[1]}’")
    if words:
        raise Complaint(f"users: the pocket lab's users reads no file: {words[0]}\n")
    if names := sorted(visit.user for visit in _here(call)):
        await call.out(f"{' '.join(names)}\n")
    return 0


@program("last")
async def last(call: Call) -> int:
    """Who was at a terminal since the lab came up; ``-n N -F -R -w``, a name or terminal."""
    call.argv[:] = [f"-n{word[1:]}" if word[1:].isdecimal() else word for word in call.argv]
    options = parse(
        call,
        "n:f:FRadiwxs:t:p:0:",
        "limit= file= fulltimes nohostname fullnames dns ip system hostlast since= until= present=",
        absent=LAST_ABSENT,
    )
    count = options.value("n", "limit")
    if count is not None and not count.isdecimal():
        raise Complaint(f"last: failed to parse number: '{count}'\n")
    zone, whole = zone_of(call), options.has("F", "fulltimes")
    rows = [_visited(visit, zone, whole) for visit in reversed(call.machine.visits.all())]
    boot = _stamp(call.machine.booted, zone, whole)
    rows.append(("reboot", "system boot", f"{KERNEL}-pocket", f"{boot}   still running"))
    rows = [row for row in rows if not options.words or {row[0], row[1]} & set(options.words)]
    for row in rows[: int(count or 0) or None]:
        name, terminal, origin, when = row
        cut = None if options.has("w", "fullnames") else 16
        place = "" if options.has("R", "nohostname") else f" {origin[:cut]:<16}"
        await call.out(f"{name:<8} {terminal:<12}{place} {when}\n")
    begins = _at(call.machine.booted, zone)
    await call.out(f"\nwtmp begins {begins:%a %b} {begins.day:>2} {begins:%H:%M:%S %Y}\n")
    return 0


def _stamp(moment: float, zone: tzinfo, whole: bool) -> str:
    when = _at(moment, zone)
    return (
        f"{when:%a %b} {when.day:>2} {when:%H:%M:%S %Y}"
        if whole
        else (f"{when:%a %b} {when.day:>2} {when:%H:%M}")
    )


def _visited(visit: Visit, zone: tzinfo, whole: bool) -> tuple[str, str, str, str]:
    said = _stamp(visit.came, zone, whole)
    if visit.left is None:
        said += "   still logged in"
    else:
        end = _at(visit.left, zone)
        shown = f"{end:%a %b} {end.day:>2} {end:%H:%M:%S %Y}" if whole else f"{end:%H:%M}"
        minutes = int(visit.left - visit.came) // 60
        days = f"{minutes // 1440}+" if minutes >= 1440 else ""
        said += f" - {shown}  ({days}{minutes % 1440 // 60:02d}:{minutes % 60:02d})"
    return visit.user, visit.terminal, visit.origin, said


@program("lastlog")
async def lastlog(call: Call) -> int:
    """Each account, and when it was last at a terminal; ``-u NAME``."""
    options = parse(call, "u:", "user=")
    if options.words:
        raise Complaint(f"lastlog: unexpected argument: {options.words[0]}\n")
    wanted = options.value("u", "user")
    if wanted is not None and call.machine.accounts.user(wanted) is None:
        raise Complaint(f"lastlog: Unknown user or range: {wanted}\n")
    zone = zone_of(call)
    await call.out("Username         Port     From                                       Latest\n")
    for account in call.machine.accounts.users():
        if wanted not in (None, account.name):
            continue
        found = [visit for visit in call.machine.visits.all() if visit.user == account.name]
        if not found:
            await call.out(f"{account.name:<16}{'':<52}**Never logged in**\n")
            continue
        latest = _at(found[-1].came, zone)
        when = f"{latest:%a %b} {latest.day:>2} {latest:%H:%M:%S %z %Y}"
        await call.out(
            f"{account.name:<16} {found[-1].terminal:<8} {found[-1].origin:<42} {when}\n"
        )
    return 0
