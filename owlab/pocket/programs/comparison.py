"""Two lists of lines: which of them differ, as `diff` groups them."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

MOST = 4_000_000
"""Cells of the table of a shortest script; above, a faster way is taken."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines from ``left`` to ``left_end`` became those from ``right`` to ``right_end``."""

    left: int
    left_end: int
    right: int
    right_end: int


def changes(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[LineChange]:
    """What differs, in order."""
    removed, added = _flags(left, right)
    _slide(left, removed, added)
    _slide(right, added, removed)
    found: list[LineChange] = []
    a = b = 0
    while a < len(left) or b < len(right):
        begin_a, begin_b = a, b
        while a < len(left) and removed[a]:
            a += 1
        while b < len(right) and added[b]:
            b += 1
        if (begin_a, begin_b) != (a, b):
            found.append(LineChange(begin_a, a, begin_b, b))
        else:
            a, b = a + 1, b + 1
    return found


def _flags(left: Sequence[Hashable], right: Sequence[Hashable]) -> tuple[list[bool], list[bool]]:
    """Of each line whether it is only on its side."""
    removed, added = [True] * len(left), [True] * len(right)
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        removed[start] = added[start] = False
        start += 1
    end_a, end_b = len(left), len(right)
    while end_a > start and end_b > start and left[end_a - 1] == right[end_b - 1]:
        end_a, end_b = end_a - 1, end_b - 1
        removed[end_a] = added[end_b] = False
    for a, b in _pairs(left[start:end_a], right[start:end_b]):
        removed[start + a] = added[start + b] = False
    return removed, added


def _pairs(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The longest common part, as pairs of places."""
    if len(left) * len(right) > MOST:
        matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
        return [
            (block.a + at, block.b + at)
            for block in matcher.get_matching_blocks()
            for at in range(block.size)
        ]
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for a in range(len(left) - 1, -1, -1):
        row, below = table[a], table[a + 1]
        for b in range(len(right) - 1, -1, -1):
            same = left[a] == right[b]
            row[b] = below[b + 1] + 1 if same else max(below[b], row[b + 1])
    found, a, b = [], 0, 0
    while a < len(left) and b < len(right):
        if left[a] == right[b]:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif table[a + 1][b] >= table[a][b + 1]:
            a += 1
        else:
            b += 1
    return found


def _slide(lines: Sequence[Hashable], mine: list[bool], others: list[bool]) -> None:
    """Move each group of changes down where it may be; one beside the other file's stays there."""
    at = 0
    while at < len(lines):
        if not mine[at]:
            at += 1
            continue
        start = end = at
        while end < len(lines) and mine[end]:
            end += 1
        beside = end if _beside(mine, others, end) else None
        while end < len(lines) and not mine[end] and lines[start] == lines[end]:
            mine[start], mine[end] = False, True
            start, end = start + 1, end + 1
            while end < len(lines) and mine[end]:
                end += 1
            beside = end if _beside(mine, others, end) else beside
        while beside is not None and end > beside:
            start, end = start - 1, end - 1
            mine[start], mine[end] = True, False
        at = end


def _beside(mine: list[bool], others: list[bool], end: int) -> bool:
    """A change of the other file ends at the same place."""
    same = sum(not flag for flag in mine[:end])
    place = 0
    for flag in others:
        if not flag:
            place += 1
            continue
        if place == same:
            return True
        if place > same:
            return False
    return False
