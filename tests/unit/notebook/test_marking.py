"""What a notebook's checks leave for the teacher, and what nbgrader is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from owlab import Lab, incidents, marks
from owlab.errors import CheckFailed, LabError
from owlab.incidents import Report
from owlab.marks import Mark
from owlab.notebook import check, check_exercise
from owlab.notebook import incidents as cells
from owlab.notebook.exercises import JUDGES
from owlab.step import Check, Evidence
from owlab.steps import helm

from .conftest import Shown

TOKEN = f"K10{'0af3' * 12}::server:abc"


def noted(lab: Lab) -> list[Mark]:
    path = marks.path_of(lab.directory)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [mark for line in lines if (mark := marks.parse(line)) is not None]


@pytest.fixture
def answer_is_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exercise whose answer is 4."""
    from owlab.notebook.exercises.base import answered

    def judge(lab: Lab, answer: Any) -> list[Any]:
        return answered(answer, 4, f"how many, {TOKEN} or", "Count again.")

    monkeypatch.setitem(JUDGES, "01.1", judge)


@pytest.mark.usefixtures("answer_is_four")
def test_each_check_of_an_exercise_is_noted(lab: Lab, shown: Shown) -> None:
    assert not check_exercise("01.1", lab=lab)
    assert not check_exercise("01.1", 3, lab=lab)
    assert check_exercise("01.1", 4, lab=lab)
    assert [(mark.key, mark.passed, mark.answer) for mark in noted(lab)] == [
        ("01.1", False, ""),
        ("01.1", False, "3"),
        ("01.1", True, "4"),
    ]
    assert noted(lab)[2].evidence == ("yes: how many, *** or: your answer: 4",)


def test_a_lab_that_cannot_be_asked_solves_nothing(
    lab: Lab, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(lab: Lab, answer: Any) -> list[Any]:
        raise LabError(brief="It does not answer.")

    monkeypatch.setitem(JUDGES, "01.1", silent)
    assert not check_exercise("01.1", 4, lab=lab)
    assert [mark.passed for mark in noted(lab)] == [False]


@pytest.mark.usefixtures("answer_is_four")
def test_what_cannot_be_noted_is_said(lab: Lab, shown: Shown) -> None:
    path = marks.path_of(lab.directory)
    path.mkdir(parents=True)
    assert check_exercise("01.1", 4, lab=lab)
    assert "This was not noted for the teacher's table" in shown.plain


@pytest.mark.usefixtures("answer_is_four")
@pytest.mark.parametrize("execution", ["autograde", "validate"])
def test_under_nbgrader_a_check_that_does_not_hold_is_an_error(
    lab: Lab, shown: Shown, monkeypatch: pytest.MonkeyPatch, execution: str
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)
    assert check_exercise("01.1", 4, lab=lab)
    with pytest.raises(CheckFailed, match="Count again"):
        check_exercise("01.1", 3, lab=lab)
    monkeypatch.setattr(cells, "current", lambda: lab)
    broken = Check((Evidence("it works", False),))
    monkeypatch.setattr(incidents, "look", lambda lab, name: Report(broken, broken, broken))
    with pytest.raises(CheckFailed, match="no-room is not mended"):
        cells.check_incident("no-room")


def test_a_check_of_a_step_tells_how_far_somebody_is(
    lab: Lab, shown: Shown, tmp_path: Path
) -> None:
    with pytest.raises(CheckFailed):
        check(lab, helm.install)
    entry = lab.journal.entries()[-1]
    assert (entry["kind"], entry["step"]) == ("step-missing", "helm.install")
    assert "machine" not in entry, "it is about all of them"
