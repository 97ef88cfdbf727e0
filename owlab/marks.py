"""What a learner has shown: one JSON line for each look at an exercise or an incident.

Kept beside the labs, so that it outlives `owlab goto`, `owlab reset` and `owlab down`. The learner
owns the file: it is a record, and no proof.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from owlab.redact import redact

Kind = Literal["exercise", "incident"]
Event = Literal["checked", "put-in", "given-up"]
_LONGEST = 300
"""Characters of one piece of evidence that are kept."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One look.

    :param key: of the exercise (``06.2``), or of the incident (``no-room``).
    :param event: what happened; an incident is also put in, and given up.
    :param evidence: what was seen, redacted.
    :param answer: what was answered, as Python writes it; empty where there is no question.
    """

    time: str
    kind: Kind
    key: str
    passed: bool = False
    event: Event = "checked"
    evidence: tuple[str, ...] = ()
    answer: str = ""


def path_of(directory: Path) -> Path:
    """Where the marks of a lab are, by the lab's folder."""
    return directory.parent.parent / "marks" / f"{directory.name}.jsonl"


def note(
    directory: Path,
    kind: Kind,
    key: str,
    *,
    passed: bool = False,
    event: Event = "checked",
    evidence: Sequence[str] = (),
    answer: object = ...,
) -> None:
    """Append a mark to those of a lab.

    :raises OSError: it cannot be written. The learner should hear of it.
    """
    mark = Mark(
        datetime.now(UTC).isoformat(timespec="seconds"),
        kind,
        key,
        passed,
        event,
        tuple(redact(line)[:_LONGEST] for line in evidence if line),
        "" if answer is ... else redact(repr(answer)),
    )
    path = path_of(directory)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps({name: value for name, value in asdict(mark).items() if value != ""}) + "\n"
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(number, line.encode())
    finally:
        os.close(number)


def of(directory: Path) -> list[Mark]:
    """All marks of a lab, oldest first."""
    try:
        text = path_of(directory).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [mark for line in text.splitlines() if (mark := parse(line)) is not None]


def parse(line: str) -> Mark | None:
    """A mark from its line; None for one that was cut by a crash, or edited into nonsense."""
    try:
        found = json.loads(line)
        mark = Mark(**{**found, "evidence": tuple(map(str, found.get("evidence", ())))})
    except (ValueError, TypeError, RecursionError, AttributeError):
        return None
    texts = (mark.kind, mark.key, mark.event, mark.answer)
    whole = all(isinstance(text, str) for text in texts) and isinstance(mark.passed, bool)
    return mark if whole and is_time(mark.time) else None


def is_time(text: object) -> bool:
    """A moment as this file and the journal write it."""
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def mended(marks: Sequence[Mark]) -> dict[str, str]:
    """Incidents that the learner mended, and when. What was given up does not count."""
    given_up: set[str] = set()
    found: dict[str, str] = {}
    for mark in marks:
        if mark.kind != "incident":
            continue
        if mark.event == "put-in":
            given_up.discard(mark.key)
        elif mark.event == "given-up":
            given_up.add(mark.key)
        elif mark.passed and mark.key not in given_up:
            found.setdefault(mark.key, mark.time)
    return found


def solved(marks: Sequence[Mark]) -> dict[str, Mark]:
    """Exercises that were solved, each with the mark that says so first."""
    found: dict[str, Mark] = {}
    for mark in marks:
        if mark.kind == "exercise" and mark.passed:
            found.setdefault(mark.key, mark)
    return found
