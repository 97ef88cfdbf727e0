"""Dates as people write them for `date -d`: GNU's grammar, as far as people use it."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
SECONDS = {
    **dict.fromkeys(("sec", "second"), 1),
    **dict.fromkeys(("min", "minute"), 60),
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "fortnight": 1209600,
}
ZONES: dict[str, float] = {
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
ZONES |= {"wet": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "msk": 3, "ist": 5.5, "jst": 9}
COUNTED = {"next": 1, "last": -1, "this": 0, "first": 1, "third": 3, "fourth": 4, "fifth": 5}
COUNTED |= {"sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
COUNTED |= {"eleventh": 11, "twelfth": 12}
UNITS = (*SECONDS, "month", "year")
TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<iso>\d{4}(?P<sep>[-/])\d{1,2}(?P=sep)\d{1,2})(?=T|\s|$|[+Z])T?"
    r"|(?P<us>\d{1,2}/\d{1,2}(?:/\d{2,4})?)(?!\d)"
    r"|(?P<epoch>@-?\d+(?:\.\d+)?)"
    r"|(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)\s*(?P<half>[ap]\.?m\.?(?!\w))?"
    r"|(?P<hour>\d{1,2})\s*(?P<half2>[ap]\.?m\.?)(?!\w)"
    r"|(?P<zone>[+-]\d{2}:?\d{2}(?!\d)|Z(?!\w)|UTC|GMT)"
    r"|(?P<compact>\d{8})(?!\d)"
    r"|(?P<signed>[+-]\s*\d+)"
    r"|(?P<number>\d+)"
    r"|(?P<word>[A-Za-z]+)\.?,?"
    r"|(?P<comma>,)"
    r")",
    re.I,
)


CORRECTION = re.compile(r"\s*(?P<sign>[+-])\s*(?P<hours>\d{1,4})(?::(?P<minutes>\d{2}))?(?!\d)")
"""A number behind a time is its zone, and no distance: ``12:00 +1 day`` is 11:00 UTC, a day on."""


class NotADate(ValueError):
    """Nobody knows what it means."""


class _Reading:
    """What was said so far of one date."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.day: tuple[int, int, int] | None = None
        self.clock: tuple[int, int, int] | None = None
        self.microsecond = 0
        self.zone: tzinfo | None = None
        self.moment: datetime | None = None
        self.weekday: int | None = None
        self.later = 0
        self.seconds = 0.0
        self.days = 0
        self.months = 0
        self.last: tuple[int, str] | None = None
        """What an `ago` behind it turns around."""
        self.numbers: list[int] = []
        self.month: int | None = None

    def result(self) -> datetime:
        self._loose()
        if self.moment is not None:
            if self.last or self.days or self.day or self.clock or self.weekday is not None:
                raise NotADate  # it is all that is said
            base = self.moment
        else:
            base = self.now if self.zone is None else self.now.astimezone(self.zone)
            if self.day is not None:
                base = base.replace(year=self.day[0], month=self.day[1], day=self.day[2])
            if self.clock is not None:
                hour, minute, second = self.clock
                base = base.replace(hour=hour, minute=minute, second=second)
                base = base.replace(microsecond=self.microsecond)
            elif self.day is not None or self.weekday is not None:
                base = base.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.weekday is not None and self.day is None:
            ahead = (self.weekday - base.weekday()) % 7
            weeks = self.later - (1 if self.later > 0 and ahead else 0)
            base += timedelta(days=ahead + 7 * weeks)
        return _months_later(base, self.months) + timedelta(days=self.days, seconds=self.seconds)

    def _loose(self) -> None:
        """Numbers beside the name of a month: its day, and the year."""
        if self.month is None:
            return
        if not 0 < len(self.numbers) < 3:
            raise NotADate
        day, *year = sorted(self.numbers, key=lambda number: number > 31)
        self.day = (year[0] if year else self.now.year, self.month, day)

    def move(self, count: int, unit: str) -> None:
        self.last = (count, unit)
        if unit in ("month", "year"):
            self.months += count * (12 if unit == "year" else 1)
        elif unit in ("day", "week", "fortnight"):
            self.days += count * (SECONDS[unit] // 86400)
        else:
            self.seconds += count * SECONDS[unit]


def _months_later(moment: datetime, months: int) -> datetime:
    """GNU's way: a day that the month has not runs over into the next one."""
    if not months:
        return moment
    whole = moment.year * 12 + moment.month - 1 + months
    first = moment.replace(year=whole // 12, month=whole % 12 + 1, day=1)
    return first + timedelta(days=moment.day - 1)


def _unit(word: str) -> str | None:
    name = word.lower()
    return next((unit for unit in UNITS if name in (unit, f"{unit}s")), None)


def _clock(text: str, half: str | None) -> tuple[int, int, int]:
    parts = [int(float(part.replace(",", "."))) for part in text.split(":")]
    hour, minute, second = (*parts, 0, 0)[:3]
    if half:
        if not 0 < hour < 13:
            raise NotADate
        hour = hour % 12 + (12 if half[0].lower() == "p" else 0)
    return hour, minute, second


def parsed(text: str, now: datetime) -> datetime:
    """The moment that a text means, seen from ``now``; NotADate for anything else."""
    reading, at = _Reading(now), 0
    pending: int | None = None
    text = text.strip()
    if text.startswith("@") and not re.fullmatch(r"@-?\d+(\.\d+)?", text):
        raise NotADate  # such a number stands alone
    try:
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None or found.end() == at:
                raise NotADate
            at = found.end()
            word = (found["word"] or "").lower()
            if pending is not None:
                unit = _unit(word) if word else None
                if unit is None:
                    raise NotADate
                reading.move(pending, unit)
                pending = None
            elif found["signed"]:
                pending = int(found["signed"].replace(" ", ""))
            elif found["number"]:
                following = TOKEN.match(text, at)
                if following is not None and _unit(following["word"] or ""):
                    pending = int(found["number"])
                else:
                    _counted(reading, found["number"], following)
            elif word:
                at = _named(reading, word, text, at)
            else:
                _taken(reading, found)
                if found["clock"] and not found["half"]:
                    at = _corrected(reading, text, at)
        if pending is not None:
            raise NotADate
        return reading.result()
    except (ValueError, OverflowError):
        raise NotADate from None


def _counted(reading: _Reading, digits: str, following: re.Match[str] | None) -> None:
    """A number by itself: of a month that is named beside it, or an hour, as `10` or `1030`."""
    behind = _month(following["word"] or "") if following is not None else None
    if reading.month is not None or behind is not None:
        reading.numbers.append(int(digits))
    elif reading.clock is None and len(digits) < 5:
        hour, minute = divmod(int(digits), 100) if len(digits) > 2 else (int(digits), 0)
        reading.clock = (hour, minute, 0)
    else:
        raise NotADate


def _month(word: str) -> int | None:
    name = word.lower()
    if name[:3] not in MONTHS:
        return None
    number = MONTHS.index(name[:3]) + 1
    return number if name in (name[:3], "sept", calendar.month_name[number].lower()) else None


def _taken(reading: _Reading, found: re.Match[str]) -> None:
    if found["iso"]:
        year, month, day = map(int, re.split("[-/]", found["iso"]))
        reading.day = (year, month, day)
    elif found["us"]:
        month, day, *rest = map(int, found["us"].split("/"))
        year = rest[0] if rest else reading.now.year
        year += 0 if year > 99 else 2000 if year < 69 else 1900
        reading.day = (year, month, day)
    elif found["compact"]:
        digits = found["compact"]
        reading.day = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    elif found["epoch"]:
        moment = datetime.fromtimestamp(float(found["epoch"][1:]), UTC)
        reading.moment = moment.astimezone(reading.now.tzinfo)
    elif found["clock"]:
        fraction = re.search(r"[.,](\d+)$", found["clock"])
        reading.microsecond = int(f"{fraction[1]:0<6}"[:6]) if fraction is not None else 0
        reading.clock = _clock(found["clock"], found["half"])
    elif found["hour"]:
        reading.clock = _clock(found["hour"], found["half2"])
    elif found["zone"]:
        reading.zone = _zone(found["zone"])


def _corrected(reading: _Reading, text: str, at: int) -> int:
    """The zone of a time, and where it ends."""
    found = CORRECTION.match(text, at)
    if found is None:
        return at
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if len(found["hours"]) > 2:
        hours, minutes = divmod(hours, 100)
    offset = timedelta(hours=hours, minutes=minutes)
    if offset > timedelta(hours=24):
        raise NotADate
    reading.zone = timezone(-offset if found["sign"] == "-" else offset) if offset else UTC
    return found.end()


def _zone(text: str) -> tzinfo:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    zone = datetime.strptime("+0000", "%z").tzinfo if not offset else None
    if zone is not None:
        return zone
    signed = f"{text[0]}{digits}"
    made = datetime.strptime(signed, "%z").tzinfo
    assert made is not None
    return made


def _named(reading: _Reading, word: str, text: str, at: int) -> int:
    """A word, and where what belongs to it ends."""
    following = TOKEN.match(text, at)
    after = (following["word"] or "").lower() if following is not None else ""
    if word in ("now", "today"):
        return at
    if word in ZONES:
        reading.zone = timezone(timedelta(hours=ZONES[word]))
        return at
    if word in ("tomorrow", "yesterday"):
        reading.days += 1 if word == "tomorrow" else -1
    elif word == "ago":
        if reading.last is None:
            raise NotADate
        count, of = reading.last
        reading.move(-2 * count, of)
    elif word in COUNTED and following is not None:
        step = COUNTED[word]
        if (unit := _unit(after)) is not None:
            reading.move(step, unit)
        elif after[:3] in DAYS:
            reading.weekday, reading.later = DAYS.index(after[:3]), step
        else:
            raise NotADate
        return following.end()
    elif (unit := _unit(word)) is not None:
        reading.move(1, unit)
    elif (month := _month(word)) is not None:
        reading.month = month
    elif (word[:3] in DAYS and "day".endswith(word[-3:])) or word in DAYS:
        reading.weekday = DAYS.index(word[:3])
    else:
        raise NotADate
    return at
