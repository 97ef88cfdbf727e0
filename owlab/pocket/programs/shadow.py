"""`passwd`, `chpasswd` and `chage`: what ``/etc/shadow`` says of an account; no passwords."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.machines.shadow_file import (
    CHANGED,
    EPOCH,
    EXPIRES,
    INACTIVE,
    LEAST,
    MOST,
    NEVER,
    WARN,
    ShadowRow,
)
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.dates import NotADate, parsed
from owlab.pocket.programs.options import Complaint, Options, parse

NOBODY_HAS_ONE = "accounts of the pocket lab have no passwords; use sudo"
DAYS = {
    "n": LEAST, "mindays": LEAST, "m": LEAST,
    "x": MOST, "maxdays": MOST, "M": MOST,
    "w": WARN, "warndays": WARN, "W": WARN,
    "i": INACTIVE, "inactive": INACTIVE, "I": INACTIVE,
}  # fmt: skip


def _row(call: Call, name: str) -> ShadowRow:
    row = ShadowRow(call.fs, name)
    if not row.there:
        said = f"user '{name}' does not exist"
        raise Complaint(
            f"chage: {said} in /etc/passwd\n" if call.name == "chage" else f"passwd: {said}\n", 1
        )
    return row


@program("passwd")
async def passwd(call: Call) -> int:
    """``-S`` tells of an account, ``-l -u -d -e -n -x -w -i`` change it; there are no passwords."""
    options = parse(
        call,
        "aSludeqkn:x:w:i:",
        "all status lock unlock delete expire mindays= maxdays= warndays= inactive= "
        "keep-tokens quiet",
        absent="k keep-tokens",
    )
    name = options.words[0] if options.words else call.user
    if not call.root and (options.has("a", "all") or name != call.user):
        if not options.has("S", "status"):
            raise Complaint(
                f"passwd: You may not view or modify password information for {name}.\n"
            )
        raise Complaint("passwd: Permission denied.\n")
    if options.has("S", "status"):
        people = (
            [one.name for one in call.machine.accounts.users()]
            if options.has("a", "all")
            else [name]
        )
        for one in people:
            await call.out(_status(_row(call, one), one))
        return 0
    row = _row(call, name)
    if not options.given:
        raise Complaint(f"passwd: {NOBODY_HAS_ONE}\n")
    if not call.root:
        raise Complaint("passwd: Permission denied.\n")
    _change(row, options)
    if not options.has("q", "quiet"):
        await call.err("passwd: password changed.\n")
    return 0


def _status(row: ShadowRow, name: str) -> str:
    changed = row.day(CHANGED)
    shown = [row.cells[cell] or "-1" for cell in (LEAST, MOST, WARN, INACTIVE)]
    return f"{name} {row.state} {changed or 'never'} {' '.join(shown)}\n"


def _change(row: ShadowRow, options: Options) -> None:
    kept = row.cells[1]
    if options.has("l", "lock") and not kept.startswith("!"):
        row.put(1, f"!{kept}")
    if options.has("u", "unlock"):
        if kept in ("!", "!*", "*", "!!"):
            raise Complaint(
                "passwd: unlocking the password would result in a passwordless account.\n"
                "You should set a password with usermod -p to unlock the password of this "
                "account.\n",
                3,
            )
        row.put(1, kept.removeprefix("!"))
    if options.has("d", "delete"):
        row.put(1, "")
    if options.has("e", "expire"):
        row.put(CHANGED, "0")
    _put_days(row, options, "passwd")


def _put_days(row: ShadowRow, options: Options, program_name: str) -> None:
    for name, value in options.given:
        if name in DAYS and value:
            if not value.lstrip("-").isdecimal():
                raise Complaint(f"{program_name}: invalid numeric argument '{value}'\n", 3)
            row.put(DAYS[name], value)


@program("chpasswd")
async def chpasswd(call: Call) -> int:
    """Nobody has a password here: Multipass' machines know keys."""
    raise Complaint(f"chpasswd: {NOBODY_HAS_ONE}\n")


@program("chage")
async def chage(call: Call) -> int:
    """``-l`` lists an account's dates; ``-d -E -I -m -M -W`` change them."""
    options = parse(
        call,
        "lid:E:I:m:M:W:",
        "list iso8601 lastday= expiredate= inactive= mindays= maxdays= warndays=",
        2,
    )
    if len(options.words) != 1:
        raise Complaint("Usage: chage [options] LOGIN\n", 2)
    name = options.words[0]
    if not call.root and (name != call.user or not options.has("l", "list")):
        raise Complaint("chage: Permission denied.\n")
    row = _row(call, name)
    if options.has("l", "list"):
        await call.out(_listed(row, iso=options.has("i", "iso8601")))
        return 0
    if not options.given:
        raise Complaint("chage: no questions here: chage -M DAYS LOGIN and the like\n")
    for cell, names in ((CHANGED, ("d", "lastday")), (EXPIRES, ("E", "expiredate"))):
        if (value := options.value(*names)) is not None:
            row.put(cell, _days(value))
    _put_days(row, options, "chage")
    return 0


def _days(text: str) -> str:
    if text.lstrip("-").isdecimal():
        return text
    try:
        return str((parsed(text, utc_now()).date() - EPOCH).days)
    except NotADate:
        raise Complaint(f"chage: invalid date '{text}'\n") from None


def _listed(row: ShadowRow, *, iso: bool) -> str:
    def shown(day: date | None) -> str:
        if day is None:
            return "never"
        return day.isoformat() if iso else f"{day:%b %d, %Y}"

    must = row.number(CHANGED) == 0
    most, inactive = row.number(MOST), row.number(INACTIVE)
    ends = most is not None and most < NEVER
    lapses = ends and inactive is not None and inactive >= 0
    until: Callable[[int], str] = lambda days: shown(row.day(CHANGED, days))  # noqa: E731
    forced = "password must be changed"
    rows = (
        ("Last password change", forced if must else shown(row.day(CHANGED))),
        ("Password expires", forced if must else until(most or 0) if ends else "never"),
        (
            "Password inactive",
            forced if must else until((most or 0) + (inactive or 0)) if lapses else "never",
        ),
        ("Account expires", shown(row.day(EXPIRES))),
        ("Minimum number of days between password change", row.cells[LEAST] or "-1"),
        ("Maximum number of days between password change", row.cells[MOST] or "-1"),
        ("Number of days of warning before password expires", row.cells[WARN] or "-1"),
    )
    # Tabs, as the real one: a name fills up to the seventh stop.
    return "".join(f"{name}{chr(9) * (7 - len(name) // 8)}: {value}\n" for name, value in rows)
