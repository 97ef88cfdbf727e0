"""nbgrader takes the notebooks as they are: the rules of its schema 3, without nbgrader.

Its own reader was asked by hand (docs/class.md says how); it accepts all of them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

import owlab
from owlab.incidents import INCIDENTS

NOTEBOOKS = sorted((Path(owlab.__file__).parent.parent / "notebooks").glob("[0-9]*.ipynb"))
FLAGS = {"grade": bool, "solution": bool, "locked": bool, "task": bool}
POINTS = {"repeat": 1, "understand": 1, "apply": 2, "design": 3}


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_marked_as_the_schema_wants_it(path: Path) -> None:
    seen: set[str] = set()
    for cell in cells(path):
        tags = cell.metadata.get("tags", [])
        graded, answer = "exercise-check" in tags, "exercise-answer" in tags
        assert ("nbgrader" in cell.metadata) == (graded or answer), cell.id
        if not (graded or answer):
            continue
        grading = dict(cell.metadata.nbgrader)
        assert cell.cell_type == "code"
        for name, kind in FLAGS.items():
            assert type(grading.pop(name)) is kind
        assert grading.pop("schema_version") == 3
        assert grading.pop("cell_type") == "code"
        name = grading.pop("grade_id")
        assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
        assert name == cell.id
        assert name not in seen
        seen.add(name)
        if graded:
            points = grading.pop("points")
            assert type(points) is int
            assert points > 0
        assert grading == {}, "nbgrader drops what it does not know"
        # A check is a locked test; an answer is the learner's, and has no points of its own.
        flags = cell.metadata.nbgrader
        assert (flags.grade, flags.locked, flags.solution, flags.task) == (
            (True, True, False, False) if graded else (False, False, True, False)
        )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_points_follow_from_what_is_asked(path: Path) -> None:
    sort = ""
    for cell in cells(path):
        if found := re.search(r"\*\*\d\d\.\d\*\* \((\w+)\)", cell.source):
            sort = found[1]
        if "exercise-check" not in cell.metadata.get("tags", []):
            continue
        incident = re.match(r'check_incident\("([a-z-]+)"\)', cell.source)
        wanted = INCIDENTS[incident[1]].level if incident else POINTS[sort]
        assert cell.metadata.nbgrader.points == wanted, cell.id
