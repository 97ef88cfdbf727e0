"""What an executed notebook proves, read from the notebook itself.

papermill's own metadata is never asked: it calls cells completed that never ran, and a
``sys.exit(0)`` in a cell ends a notebook early without a word.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from owlab.batch.course import NotebookFile, read_notebook
from owlab.language import _
from owlab.notebook import trouble
from owlab.notebook.mime import CHECK

Status = Literal["passed", "failed", "interrupted", "not run"]

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(slots=True)
class CellRecord:
    """One code cell as it ran. ``index`` is its place in the notebook that a person opens."""

    index: int
    id: str
    title: str
    ran: bool
    seconds: float


@dataclass(slots=True)
class CheckRecord:
    """One recorded check."""

    title: str
    passed: bool
    evidence: list[str] = field(default_factory=list)
    remedy: str = ""


@dataclass(slots=True)
class ErrorRecord:
    """The error that ended a notebook."""

    cell: int
    title: str
    kind: str
    brief: str
    details: str = ""
    resolution: str = ""


@dataclass(slots=True)
class NotebookOutcome:
    """What came of one notebook."""

    name: str
    status: Status
    seconds: float = 0.0
    cells: list[CellRecord] = field(default_factory=list)
    checks: list[CheckRecord] = field(default_factory=list)
    error: ErrorRecord | None = None
    digest: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the summary."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> NotebookOutcome:
        """The reverse of :meth:`as_dict`."""
        error = saved.get("error")
        return cls(
            **{
                **saved,
                "cells": [CellRecord(**cell) for cell in saved.get("cells", [])],
                "checks": [CheckRecord(**check) for check in saved.get("checks", [])],
                "error": ErrorRecord(**error) if error else None,
            }
        )


def titles(notebook: Any) -> list[str]:
    """For each cell, the heading that it stands under."""
    current, found = "", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (headings := _HEADING.findall(cell.source)):
            current = headings[-1]
        found.append(current)
    return found


def examine(source: NotebookFile, output: Path, *, interrupted: bool = False) -> NotebookOutcome:
    """Judge the executed copy of ``source``.

    It passed when each cell of the source is there and ran, none printed an error, each cell
    tagged ``check`` recorded a check, and each check passed.
    """
    outcome = NotebookOutcome(source.name, "failed", digest=source.digest)
    try:
        executed: Any = read_notebook(output)
    except Exception as error:
        # Half-written or missing: whatever nbformat says, there is no proof in it.
        outcome.status = "interrupted" if interrupted else "failed"
        outcome.error = ErrorRecord(
            -1, "", type(error).__name__, _("It left no executed notebook.")
        )
        return outcome
    headings = titles(executed)
    # papermill adds cells: the injected parameters, and banners when a cell failed.
    places = {cell.get("id"): place for place, cell in enumerate(source.read().cells)}
    silent: list[CellRecord] = []
    index = 0
    for title, cell in zip(headings, executed.cells, strict=True):
        index = places.get(cell.get("id"), index)
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        ran = isinstance(cell.get("execution_count"), int)
        seconds = _seconds(cell)
        outcome.seconds += seconds
        record = CellRecord(index, cell.get("id", ""), title, ran, round(seconds, 3))
        outcome.cells.append(record)
        found = [check for entry in cell.get("outputs", []) for check in _checks(entry)]
        outcome.checks += found
        if "check" in cell.metadata.get("tags", []) and ran and not found:
            silent.append(record)
        for entry in cell.get("outputs", []):
            if entry.output_type == "error" and outcome.error is None:
                outcome.error = _error(index, title, entry)
    outcome.seconds = round(outcome.seconds, 3)
    if outcome.error is None:
        outcome.error = _quiet_failure(set(places), executed, outcome, silent)
        if interrupted and outcome.error is not None and outcome.error.kind == "NotExecuted":
            cell = outcome.error
            outcome.error = ErrorRecord(
                cell.cell, cell.title, "Interrupted", _("You interrupted it.")
            )
    if interrupted:
        outcome.status = "interrupted"
    elif outcome.error is None:
        outcome.status = "passed"
    return outcome


def _quiet_failure(
    wanted: set[str], executed: Any, outcome: NotebookOutcome, silent: list[CellRecord]
) -> ErrorRecord | None:
    """What is wrong although no cell shows an error."""
    for cell in outcome.cells:
        if not cell.ran:
            return ErrorRecord(
                cell.index,
                cell.title,
                "NotExecuted",
                _("This cell never ran: the notebook ended before it, without an error."),
                resolution=_("Look for sys.exit() or a dead kernel in the cell before it."),
            )
    missing = wanted - {cell.get("id") for cell in executed.cells}
    if missing:
        names = ", ".join(sorted(missing))
        return ErrorRecord(
            -1,
            "",
            "MissingCells",
            _("Cells are missing from the output: {names}.").format(names=names),
        )
    for check in outcome.checks:
        if not check.passed:
            return ErrorRecord(
                -1,
                check.title,
                "CheckFailed",
                _("The check {title!r} failed.").format(title=check.title),
                "\n".join(check.evidence),
                check.remedy,
            )
    for cell in silent[:1]:
        brief = _("A cell that checks the work recorded no check.")
        return ErrorRecord(cell.index, cell.title, "NoCheck", brief)
    return None


def _checks(entry: Any) -> list[CheckRecord]:
    recorded = entry.get("data", {}).get(CHECK, {}).get("checks", [])
    return [
        CheckRecord(
            str(check["title"]), check["passed"] is True, list(check["evidence"]), check["remedy"]
        )
        for check in recorded
    ]


def _error(index: int, title: str, entry: Any) -> ErrorRecord:
    """The three parts of an expected error where it recorded them, else Python's words."""
    parts = trouble.parts(entry.ename, list(entry.traceback))
    if parts is not None:
        return ErrorRecord(index, title, entry.ename, *parts)
    if entry.ename == "SystemExit":
        brief = _("The cell called sys.exit({value}), which ends a notebook early.").format(
            value=entry.evalue
        )
        return ErrorRecord(index, title, entry.ename, brief)
    lines = _COLOUR.sub("", entry.evalue).splitlines() or [entry.ename]
    brief = f"{entry.ename}: {lines[0]}"
    return ErrorRecord(index, title, entry.ename, brief, "\n".join(lines[1:]))


def _seconds(cell: Any) -> float:
    duration = cell.metadata.get("papermill", {}).get("duration")
    return float(duration) if isinstance(duration, int | float) else 0.0
