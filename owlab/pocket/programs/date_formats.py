"""What ``+FORMAT`` of `date` means: conversions, with flags, a width, and ``E`` or ``O``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

PLACE = re.compile(
    r"%(?:%|(?P<flags>[-_+0^#]*)(?P<width>\d*)(?P<modifier>[EO]?)(?P<letter>:{1,3}z|[^%]?))", re.S
)
RESOLUTION = re.compile("%(%|-N)")
KNOWN = {
    "": frozenset("aAbBcCdDeFgGhHIjklmMnNpPqrRsStTuUVwWxXyYzZ"),
    "E": frozenset("cCnpPqrRstTuxXyYzZ"),
    "O": frozenset("bBCdegGhHIjklmMnNpPrRsStTuUVwWyzZ"),
}
WHOLE = {"D": "%m/%d/%y", "T": "%H:%M:%S", "R": "%H:%M", "r": "%I:%M:%S %p"}
TEXTS: dict[str, Callable[[datetime], str]] = {
    "a": lambda moment: moment.strftime("%a"),
    "A": lambda moment: moment.strftime("%A"),
    "b": lambda moment: moment.strftime("%b"),
    "B": lambda moment: moment.strftime("%B"),
    "h": lambda moment: moment.strftime("%b"),
    "c": lambda moment: shown(moment, "%a %b %e %T ") + str(moment.year),
    "x": lambda moment: shown(moment, "%D"),
    "X": lambda moment: shown(moment, "%T"),
    "p": lambda moment: moment.strftime("%p"),
    "P": lambda moment: moment.strftime("%p").lower(),
    "Z": lambda moment: moment.tzname() or "",
    "n": lambda _: "\n",
    "t": lambda _: "\t",
}
NUMBERS: dict[str, tuple[int, Callable[[datetime], int]]] = {
    "d": (2, lambda moment: moment.day),
    "e": (2, lambda moment: moment.day),
    "H": (2, lambda moment: moment.hour),
    "k": (2, lambda moment: moment.hour),
    "I": (2, lambda moment: moment.hour % 12 or 12),
    "l": (2, lambda moment: moment.hour % 12 or 12),
    "j": (3, lambda moment: moment.timetuple().tm_yday),
    "m": (2, lambda moment: moment.month),
    "M": (2, lambda moment: moment.minute),
    "q": (1, lambda moment: (moment.month + 2) // 3),
    "s": (1, lambda moment: math.floor(moment.timestamp())),
    "S": (2, lambda moment: moment.second),
    "u": (1, lambda moment: moment.isoweekday()),
    "w": (1, lambda moment: moment.isoweekday() % 7),
    "U": (2, lambda moment: int(moment.strftime("%U"))),
    "W": (2, lambda moment: int(moment.strftime("%W"))),
    "V": (2, lambda moment: moment.isocalendar().week),
    "C": (2, lambda moment: moment.year // 100),
    "g": (2, lambda moment: moment.isocalendar().year % 100),
    "G": (4, lambda moment: moment.isocalendar().year),
    "y": (2, lambda moment: moment.year % 100),
    "Y": (4, lambda moment: moment.year),
}
YEARS = frozenset("CgGyY")
SPACED = frozenset("ekl")


def shown(moment: datetime, form: str) -> str:
    """A moment in a format of `date`'s."""
    # `date` puts the clock's resolution in for this one.
    form = RESOLUTION.sub(lambda found: "%9N" if found[1] == "-N" else found[0], form)
    return PLACE.sub(lambda found: _place(moment, found), form)


@dataclass(frozen=True)
class _Room:
    """How wide a conversion wants to be, and with what the rest is filled."""

    pad: str
    width: int | None

    def text(self, text: str) -> str:
        """Filled up from the left, with spaces where nothing else is wanted."""
        return self._fill(len(text), "0" if self.pad in ("0", "+") else " ") + text

    def number(self, body: str, digits: int, sign: str = "") -> str:
        """Filled up with zeros behind the sign, or with spaces before it."""
        room = self if self.width is not None else _Room(self.pad, digits)
        if self.pad == "_":
            return room._fill(len(sign + body), " ") + sign + body
        return sign + room._fill(len(sign + body), "0") + body

    def fraction(self, nanoseconds: int) -> str:
        """As many digits as there is room for: the first ones."""
        width = self.width or 9
        first = f"{nanoseconds:09}"[:width].rstrip("0") or "0"
        fill = "" if self.pad == "-" else " " if self.pad == "_" else "0"
        return first.ljust(width, fill) if fill else first

    def year(self, year: int, digits: int) -> str:
        """With ``+``, one that is longer than usual has a sign."""
        longer = year > 10**digits - 1 or digits < (self.width or 0)
        return self.number(str(year), digits, "+" if self.pad == "+" and longer else "")

    def _fill(self, length: int, fill: str) -> str:
        return "" if self.pad == "-" else fill * ((self.width or 0) - length)


def _place(moment: datetime, found: re.Match[str]) -> str:
    if found[0] == "%%":
        return "%"
    flags, letter = found["flags"], found["letter"]
    pad = next((flag for flag in reversed(flags) if flag in "-_+0"), "")
    room = _Room(pad, int(found["width"]) if found["width"] else None)
    if letter[-1:] not in KNOWN[found["modifier"]]:
        text = room.text(found[0])
        return text.upper() if "^" in flags else text
    if letter in TEXTS:
        return room.text(_cased(TEXTS[letter](moment), letter, flags))
    if letter.endswith("z"):
        return _offset(moment.utcoffset() or timedelta(0), letter.count(":"), room)
    if letter == "N":
        return room.fraction(moment.microsecond * 1000)
    if letter == "F":
        wide = 4 if not pad and room.width is None else max((room.width or 0) - 6, 0)
        return _Room(pad or "0", wide).year(moment.year, 4) + shown(moment, "-%m-%d")
    if letter in WHOLE:
        return room.text(shown(moment, WHOLE[letter].replace("%y", f"%{pad}y")))
    digits, number = NUMBERS[letter]
    if letter in YEARS:
        return room.year(number(moment), digits)
    value = number(moment)
    if not pad and letter in SPACED:
        room = _Room("_", room.width)
    return room.number(str(abs(value)), digits, "-" if value < 0 else "")


def _cased(text: str, letter: str, flags: str) -> str:
    if letter == "P" or ("#" in flags and letter in "pZ"):
        return text.lower()
    return text.upper() if "^" in flags or ("#" in flags and letter in "aAbBh") else text


def _offset(offset: timedelta, colons: int, room: _Room) -> str:
    minutes, second = divmod(abs(round(offset.total_seconds())), 60)
    hour, minute = divmod(minutes, 60)
    sign = "-" if offset < timedelta(0) else "+"
    if colons == 0:
        return room.number(str(hour * 100 + minute), 5, sign)
    if colons == 2 or (colons == 3 and second):
        return room.number(f"{hour}:{minute:02}:{second:02}", 9, sign)
    if colons == 1 or minute:
        return room.number(f"{hour}:{minute:02}", 6, sign)
    return room.number(str(hour), 3, sign)
