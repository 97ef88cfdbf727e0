"""``!!`` and its like: what was typed before, in what is typed now."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

EVENT = re.compile(
    r"!(?:(?P<last>!)|(?P<word>[$^*])|(?P<back>-\d+)|(?P<number>\d+)|\?(?P<inside>[^?\n]+)\??"
    r"|(?P<start>[A-Za-z_./][\w./-]*))(?P<words>:(?:[$^*]|\d+(?:-\d+)?))?(?P<print>:p)?"
)
QUICK = re.compile(r"\^([^^]+)\^([^^]*)\^?\s*")


class NoEvent(Exception):
    """Nothing of the kind was typed; the message names what was asked for."""


def recalled(text: str, earlier: Sequence[str]) -> tuple[str, bool]:
    """The text with what it recalls, and whether it is only to be shown.

    :param earlier: what was typed before, oldest first.
    """
    if quick := QUICK.fullmatch(text):
        if not earlier or quick[1] not in earlier[-1]:
            raise NoEvent(":s" + text.strip())
        return earlier[-1].replace(quick[1], quick[2], 1), False
    if "!" not in text:
        return text, False
    out, at, only_shown = [], 0, False
    while at < len(text):
        char = text[at]
        if char == "'":  # nothing is recalled there
            end = text.find("'", at + 1)
            end = len(text) if end < 0 else end + 1
            out.append(text[at:end])
            at = end
        elif char == "\\":
            out.append(text[at : at + 2])
            at += 2
        elif (
            char == "!" and (found := EVENT.match(text, at)) and text[at - 1 : at] not in ("$", "{")
        ):
            out.append(_event(found, earlier))
            only_shown = only_shown or bool(found["print"])
            at = found.end()
        else:
            out.append(char)
            at += 1
    return "".join(out), only_shown


def _event(found: re.Match[str], earlier: Sequence[str]) -> str:
    line = _line(found, earlier)
    if line is None:
        raise NoEvent(found[0])
    chosen = found["word"] or (found["words"] or "")[1:]
    return _words(line, chosen) if chosen else line


def _line(found: re.Match[str], earlier: Sequence[str]) -> str | None:
    if found["last"] or found["word"]:
        return earlier[-1] if earlier else None
    if found["back"] or found["number"]:
        number = int(found["back"] or found["number"])
        place = number if number < 0 else number - 1
        return earlier[place] if -len(earlier) <= place < len(earlier) else None
    start, inside = found["start"], found["inside"]
    fits = (
        line
        for line in reversed(earlier)
        if line.startswith(start or "") and (inside or "") in line
    )
    return next(fits, None)


def _words(line: str, chosen: str) -> str:
    try:
        words = shlex.split(line, posix=False)
    except ValueError:
        words = line.split()
    if chosen == "$":
        return words[-1]
    if chosen == "*":
        return " ".join(words[1:])
    first, _, last = ("1" if chosen == "^" else chosen).partition("-")
    return " ".join(words[int(first) : int(last or first) + 1])
