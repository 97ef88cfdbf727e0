"""Points for exercises: from what was recorded, and, if wanted, from the labs as they are now."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from owlab import documents, machines, marks, settings
from owlab.batch.course import find_notebooks
from owlab.classroom import reading
from owlab.classroom.homes import Home
from owlab.classroom.reading import NotRead
from owlab.classroom.rows import labs_of, marks_of
from owlab.errors import LabError
from owlab.lab import Lab
from owlab.language import _, pair
from owlab.marks import Mark
from owlab.notebook.exercises import JUDGES, Verdict, judge
from owlab.redact import redact

COLUMNS = ("learner", "exercise", "points", "maximum", "when", "evidence")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Ask = Callable[[Path, int, str, Any], Verdict]
"""Looks at an exercise of a lab, by its folder and owner: with the answer that was given."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One line.

    :param points: None where nobody can tell.
    """

    learner: str
    exercise: str
    points: int | None
    maximum: int
    when: str = ""
    evidence: str = ""


def maxima(course: Path) -> dict[str, int]:
    """The points of each exercise, as its cell says to nbgrader."""
    found = {}
    for notebook in find_notebooks(course):
        for cell in notebook.read().cells:
            grading = cell.metadata.get("nbgrader", {})
            key = _exercise_of(cell.source)
            if grading.get("grade") and key in JUDGES:
                found[key] = int(grading["points"])
    return found


def grades(homes: Iterable[Home], points: dict[str, int], ask: Ask | None = None) -> list[Grade]:
    """A line for each learner and exercise: the best of all labs of theirs.

    :param ask: how a lab is asked again; None means that what was recorded is all.
    """
    found = []
    for home in homes:
        labs, notes = labs_of(home)
        known = [_Known(path, ask) for path in labs.values()]
        for lab in known:
            notes += lab.read(home)
        for key, most in points.items():
            found.append(_grade(home.learner, key, most, known, notes))
    return found


def as_csv(found: Sequence[Grade]) -> str:
    """With a line of names. What a table would take for a formula is marked as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for grade in found:
        points = "" if grade.points is None else grade.points
        row = (grade.learner, grade.exercise, points, grade.maximum, grade.when, grade.evidence)
        writer.writerow(_safe(value) for value in row)
    return text.getvalue()


def ask_again(directory: Path, owner: int, key: str, answer: object) -> Verdict:
    """Look at a lab that runs. It is not started, and nothing of it is changed.

    :raises LabError: it does not answer.
    """
    try:
        saved = documents.load(reading.tail(directory / "config.yaml", owner) or "")
    except documents.BadDocument:
        raise NotRead(_("{file}: it cannot be read").format(file="config.yaml")) from None
    saved = saved if isinstance(saved, dict) else {}
    config = settings.load({"name": directory.name}, saved=saved, environment={})
    provider = machines.only_asking(config, directory)
    provider.prepare(config)
    return judge(Lab(config, directory, provider, planning=True), key, answer)


class _Known:
    """What one lab says of exercises."""

    def __init__(self, directory: Path, ask: Ask | None) -> None:
        self._directory, self._ask, self._owner = directory, ask, -1
        self._marks: list[Mark] = []
        self._silent = ""

    def read(self, home: Home) -> list[str]:
        """Read its marks; returns what could not be read."""
        try:
            self._owner = reading.owner(home.path)
            self._marks = marks_of(self._directory, self._owner)
        except NotRead as error:
            return [str(error)]
        return []

    def verdicts(self, key: str) -> Iterator[tuple[bool, str, str]]:
        """Whether it is solved, when, and what was seen: as recorded, and as it is now."""
        mine = [mark for mark in self._marks if mark.kind == "exercise" and mark.key == key]
        solved = marks.solved(mine).get(key)
        if mine:
            shown = solved or mine[-1]
            yield shown.passed, shown.time, _recorded(shown)
        if self._ask is not None and self._owner >= 0:
            yield from self._now(key, mine)

    def _now(self, key: str, mine: list[Mark]) -> Iterator[tuple[bool, str, str]]:
        if self._silent:
            yield False, "", self._silent
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            assert self._ask is not None
            verdict = self._ask(self._directory, self._owner, key, _answer(mine))
        except (LabError, NotRead) as error:
            said = error.brief if isinstance(error, LabError) else str(error)
            self._silent = _("{lab} was not asked: {why}").format(
                lab=self._directory.name, why=said
            )
            yield False, "", self._silent
            return
        said = _("solved now: {seen}") if verdict.passed else _("not solved now: {seen}")
        seen = "; ".join(redact(line) for line in verdict.evidence)
        yield verdict.passed, now, said.format(seen=seen)


def _grade(learner: str, key: str, most: int, known: list[_Known], notes: Sequence[str]) -> Grade:
    looks = [look for lab in known for look in lab.verdicts(key)]
    passed = [look for look in looks if look[0]]
    told = "; ".join(dict.fromkeys(text for _passed, _when, text in looks))
    line = Grade(learner, key, 0, most, evidence=told or _("never checked"))
    if passed:
        return replace(line, points=most, when=passed[0][1])
    if notes:  # nobody knows what stands in it
        return replace(line, points=None, evidence="; ".join((*notes, told)).rstrip("; "))
    return replace(line, when=next((look[1] for look in reversed(looks) if look[1]), ""))


def _recorded(mark: Mark) -> str:
    seen = "; ".join(redact(line) for line in mark.evidence)
    said = _("recorded as solved") if mark.passed else _("recorded as not solved")
    return pair(said, seen) if seen else said


def _answer(mine: list[Mark]) -> Any:
    """The last answer that was given; ``...`` when there is none, or none that is a plain value."""
    for mark in reversed(mine):
        if mark.answer:
            try:
                return ast.literal_eval(mark.answer)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return ...
    return ...


def _exercise_of(source: str) -> str:
    """``06.2`` of the cell ``check_exercise("06.2")``."""
    head, _mark, rest = source.partition('check_exercise("')
    return rest.partition('"')[0] if not head.strip() else ""


def _safe(value: object) -> object:
    if isinstance(value, str):
        text = " ".join(value.split())
        return f"'{text}" if text.startswith(_FORMULA) else text
    return value
