"""The forms in which `diff` shows what differs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.programs.comparison import LineChange

NO_END = "\\ No newline at end of file\n"
BOLD, RED, GREEN, CYAN, PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class DiffSide:
    """One of two files."""

    name: str
    content: bytes
    modified: float | None
    label: str | None

    @property
    def lines(self) -> list[str]:
        """With their ends."""
        return self.content.decode(errors="surrogateescape").splitlines(keepends=True)

    @property
    def head(self) -> str:
        """Name and time, as they stand above."""
        if self.label is not None:
            return self.label
        moment = unix_time() if self.modified is None else self.modified
        nanos = int(moment % 1 * 10**9)
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))
        return f"{self.name}\t{when}.{nanos:09d} +0000"


Changes = Sequence[LineChange]


def _line(sign: str, line: str, colour: str = "") -> str:
    bare = line.removesuffix("\n")
    end = "" if line.endswith("\n") else NO_END
    return (f"{colour}{sign}{bare}{PLAIN}\n" if colour else f"{sign}{bare}\n") + end


def _range(start: int, end: int) -> str:
    """As the plain form counts lines."""
    return f"{start + 1},{end}" if end - start > 1 else str(end if end > start else start)


def normal(a: DiffSide, b: DiffSide, found: Changes, *, colour: bool) -> str:
    """``2c2`` and the lines."""
    red, green, cyan = (RED, GREEN, CYAN) if colour else ("", "", "")
    text = ""
    for one in found:
        kind = "c"
        if one.left == one.left_end:
            kind = "a"
        elif one.right == one.right_end:
            kind = "d"
        title = f"{_range(one.left, one.left_end)}{kind}{_range(one.right, one.right_end)}"
        text += f"{cyan}{title}{PLAIN}\n" if cyan else f"{title}\n"
        text += "".join(_line("< ", line, red) for line in a.lines[one.left : one.left_end])
        text += "---\n" if kind == "c" else ""
        text += "".join(_line("> ", line, green) for line in b.lines[one.right : one.right_end])
    return text


def _hunks(found: Changes, around: int) -> Iterator[list[LineChange]]:
    """Changes whose surroundings touch belong together."""
    group: list[LineChange] = []
    for one in found:
        if group and one.left - group[-1].left_end > 2 * around:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _spans(
    a: DiffSide, b: DiffSide, hunk: list[LineChange], around: int
) -> tuple[int, int, int, int]:
    first, last = hunk[0], hunk[-1]
    before = min(around, first.left, first.right)
    after = min(around, len(a.lines) - last.left_end, len(b.lines) - last.right_end)
    return (
        *(first.left - before, last.left_end + after),
        *(first.right - before, last.right_end + after),
    )


def unified(a: DiffSide, b: DiffSide, found: Changes, around: int, *, colour: bool) -> str:
    """``-u``."""
    bold, red, green, cyan = (BOLD, RED, GREEN, CYAN) if colour else ("", "", "", "")
    end = PLAIN if colour else ""
    text = f"{bold}--- {a.head}{end}\n{bold}+++ {b.head}{end}\n"
    left, right = a.lines, b.lines

    def count(start: int, stop: int) -> str:
        number = stop - start
        return str(start + 1) if number == 1 else f"{start + 1 if number else start},{number}"

    for hunk in _hunks(found, around):
        begin, stop, other, other_stop = _spans(a, b, hunk, around)
        text += f"{cyan}@@ -{count(begin, stop)} +{count(other, other_stop)} @@{end}\n"
        at = begin
        for one in hunk:
            text += "".join(_line(" ", line) for line in left[at : one.left])
            text += "".join(_line("-", line, red) for line in left[one.left : one.left_end])
            text += "".join(_line("+", line, green) for line in right[one.right : one.right_end])
            at = one.left_end
        text += "".join(_line(" ", line) for line in left[at:stop])
    return text


def context(a: DiffSide, b: DiffSide, found: Changes, around: int) -> str:
    """``-c``."""
    text = f"*** {a.head}\n--- {b.head}\n"
    for hunk in _hunks(found, around):
        begin, stop, other, other_stop = _spans(a, b, hunk, around)
        text += f"***************\n*** {_pages(begin, stop)} ****\n"
        if any(one.left < one.left_end for one in hunk):
            spans = [(one.left, one.left_end, one.right < one.right_end) for one in hunk]
            text += _context(a.lines, begin, stop, spans, "- ")
        text += f"--- {_pages(other, other_stop)} ----\n"
        if any(one.right < one.right_end for one in hunk):
            spans = [(one.right, one.right_end, one.left < one.left_end) for one in hunk]
            text += _context(b.lines, other, other_stop, spans, "+ ")
    return text


def _pages(start: int, end: int) -> str:
    return f"{start + 1},{end}" if end - start > 1 else str(end)


def _context(
    lines: list[str], at: int, stop: int, spans: list[tuple[int, int, bool]], sign: str
) -> str:
    text = ""
    for start, end, changed in spans:
        text += "".join(_line("  ", line) for line in lines[at:start])
        text += "".join(_line("! " if changed else sign, line) for line in lines[start:end])
        at = end
    return text + "".join(_line("  ", line) for line in lines[at:stop])


TAB = 8


def beside(a: DiffSide, b: DiffSide, found: Changes, width: int, *, short: bool) -> str:
    """``-y``: two columns and a sign between them."""
    # As GNU's: both columns are equally wide, and the second begins at a tab stop.
    half = (width + TAB + 3) // (2 * TAB) * TAB
    left_width = max(0, min(half - 3, width - half))
    column = half if left_width else width
    middle = (left_width + column - 1) // 2
    text = ""

    def row(left: str | None, sign: str, right: str | None) -> str:
        shown = "" if left is None else left.rstrip("\n").expandtabs(TAB)[:left_width]
        if sign == " " and right is None:
            return shown + "\n"
        if sign in "<(":
            return _filled(shown, middle) + sign + "\n"
        line = shown
        at = len(shown)
        if sign != " ":
            line = _filled(shown, middle) + sign
            at = middle + 1
        if right is not None and not right.rstrip("\n") and sign == "|":
            return line + "\n"
        line += _tabs(at, column)
        return line + (right or "").rstrip("\n").expandtabs(TAB)[:left_width] + "\n"

    left, right = a.lines, b.lines
    at = other = 0
    for one in [*found, LineChange(len(left), len(left), len(right), len(right))]:
        for index in range(one.left - at):
            text += "" if short else row(left[at + index], " ", right[other + index])
        removed, added = left[one.left : one.left_end], right[one.right : one.right_end]
        for index in range(max(len(removed), len(added))):
            mine = removed[index] if index < len(removed) else None
            theirs = added[index] if index < len(added) else None
            sign = (
                "|" if mine is not None and theirs is not None else "<" if theirs is None else ">"
            )
            text += row(mine, sign, theirs)
        at, other = one.left_end, one.right_end
    return text


def _filled(text: str, width: int) -> str:
    """With tabs and blanks up to a column."""
    return text + _tabs(len(text), width)


def _tabs(at: int, width: int) -> str:
    """From one column to another: tabs as far as they go."""
    text = ""
    while (at // TAB + 1) * TAB <= width:
        text += "\t"
        at = (at // TAB + 1) * TAB
    return text + " " * (width - at)
