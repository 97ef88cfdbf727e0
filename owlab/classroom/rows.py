"""One line for each lab of a class, from the records on disk. Nothing is asked, nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from owlab import documents, marks
from owlab.classroom import journals, memory, reading
from owlab.classroom.homes import Home
from owlab.classroom.reading import NotRead
from owlab.guide import STEPS
from owlab.incidents import INCIDENTS
from owlab.language import _
from owlab.marks import Mark
from owlab.notebook.exercises import JUDGES


@dataclass(slots=True)
class Row:
    """What is known of one lab of a learner.

    :param section: in which somebody works, or ``all done``; empty when there is no lab.
    :param marks_were_read: False where nobody can tell what was solved.
    :param memory: bytes of its processes; None when none were found.
    :param active: when it was written to last.
    :param notes: what could not be read, and why.
    """

    learner: str
    lab: str = ""
    provider: str = ""
    section: str = ""
    steps: int = 0
    failure: journals.LastFailure | None = None
    exercises: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    marks_were_read: bool = True
    memory: int | None = None
    memory_is_exact: bool = True
    active: str = ""
    notes: list[str] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


TOTALS = {"steps": len(STEPS), "exercises": len(JUDGES), "incidents": len(INCIDENTS)}


def rows(homes: Iterable[Home]) -> list[Row]:
    """Every lab of every home, by learner."""
    found = [(path, row) for home in homes for path, row in _of_home(home)]
    used = memory.look(path for path, _row in found if path is not None)
    for path, row in found:
        if path in used:
            row.memory, row.memory_is_exact = used[path].pss, used[path].exact
    return [row for _path, row in found]


def labs_of(home: Home) -> tuple[dict[str, Path], list[str]]:
    """The folders of a home's labs, also of those that are gone and left marks; and troubles."""
    if home.trouble:
        return {}, [home.trouble]
    notes: list[str] = []
    names: set[str] = set()
    try:
        names |= {path.name for path in reading.folders(home.path / "labs")}
    except NotRead as error:
        notes.append(str(error))
    try:
        names |= {path.stem for path in reading.files(home.path / "marks", ".jsonl")}
    except NotRead as error:
        notes.append(str(error))
    return {name: home.path / "labs" / name for name in sorted(names)}, notes


def marks_of(directory: Path, owner: int) -> list[Mark]:
    """The marks of a lab, oldest first.

    :raises NotRead: they may not be read.
    """
    text = reading.tail(marks.path_of(directory), owner) or ""
    return [mark for line in text.splitlines() if (mark := marks.parse(line)) is not None]


def _of_home(home: Home) -> list[tuple[Path | None, Row]]:
    labs, notes = labs_of(home)
    made: list[tuple[Path | None, Row]] = [
        (path, _of_lab(home, name, path, notes)) for name, path in labs.items()
    ]
    nothing = Row(home.learner, notes=notes or [_("no labs yet")], marks_were_read=not notes)
    return made or [(None, nothing)]


def _of_lab(home: Home, name: str, directory: Path, notes: Sequence[str]) -> Row:
    row = Row(home.learner, name, notes=list(notes))
    try:
        owner = reading.owner(home.path)
    except NotRead as error:
        row.notes.append(str(error))
        return row
    journal: list[dict[str, Any]] = []
    for read in (_settings, _progress, _achievements):
        try:
            journal += read(row, directory, owner)
        except NotRead as error:
            row.notes.append(str(error))
    row.active = max((entry["time"] for entry in journal), key=_moment, default="")
    return row


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _settings(row: Row, directory: Path, owner: int) -> list[dict[str, Any]]:
    text = reading.tail(directory / "config.yaml", owner)
    if text is None:
        return []
    with suppress(documents.BadDocument):
        found = documents.load(text)
        if isinstance(found, dict):
            row.provider = str(found.get("provider", "pocket"))
    if not row.provider:
        raise NotRead(_("{file}: it holds no settings").format(file="config.yaml"))
    return []


def _progress(row: Row, directory: Path, owner: int) -> list[dict[str, Any]]:
    text = reading.tail(directory / "journal.jsonl", owner)
    if text is None:
        row.section = "1" if row.provider else ""
        return []
    journal = list(journals.entries(text))
    carried_out = set()
    with suppress(ValueError, TypeError, RecursionError):
        known = json.loads(reading.tail(directory / "steps.json", owner) or "[]")
        carried_out = {(str(key), str(machine)) for key, machine in known}
    done = journals.steps_done(journal, carried_out)
    row.section, row.steps = journals.section_reached(done), len(done)
    row.failure = journals.last_failure(journal)
    return journal


def _achievements(row: Row, directory: Path, owner: int) -> list[dict[str, Any]]:
    row.marks_were_read = False
    found = marks_of(directory, owner)
    row.marks_were_read = True
    row.exercises = sorted(key for key in marks.solved(found) if key in JUDGES)
    row.incidents = sorted(key for key in marks.mended(found) if key in INCIDENTS)
    return [{"time": mark.time} for mark in found]
