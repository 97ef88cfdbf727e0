"""Points: the best of what was recorded and of what is so now, and a word for what nobody knows."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from owlab import marks
from owlab.batch.course import installed_directory
from owlab.classroom import grades
from owlab.classroom.grades import Grade
from owlab.classroom.homes import Home, find_homes
from owlab.cli import main
from owlab.errors import ProviderError
from owlab.notebook.checks import Claim
from owlab.notebook.exercises import JUDGES, Verdict
from tests.unit.classroom.conftest import MakeLab, solved

POINTS = {"01.1": 1, "06.3": 3}


def graded(pattern: str, ask: grades.Ask | None = None) -> dict[str, Grade]:
    return {line.exercise: line for line in grades.grades(find_homes([pattern]), POINTS, ask)}


def verdict(key: str, passed: bool) -> Verdict:
    return Verdict(key, (Claim("it is so", passed, ("seen",)),))


def test_every_exercise_has_its_points_in_a_notebook() -> None:
    found = grades.maxima(installed_directory())
    assert set(found) == set(JUDGES)
    assert set(found.values()) == {1, 2, 3}


def test_what_was_solved_once_counts_from_then_on(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann")
    solved(directory, "06.3", False, evidence=["not yet"])
    solved(directory, "06.3", True, evidence=["yes: 1 GB"])
    solved(directory, "06.3", False)
    line = graded(pattern)["06.3"]
    first = [mark for mark in marks_of(directory) if mark.passed]
    assert (line.learner, line.points, line.maximum) == ("ann", 3, 3)
    assert (line.when, line.evidence) == (first[0].time, "recorded as solved: yes: 1 GB")


def test_what_was_never_looked_at_and_what_is_not_solved(make_lab: MakeLab, pattern: str) -> None:
    solved(make_lab("ann"), "06.3", False, evidence=["no: 512 MB"])
    lines = graded(pattern)
    assert (lines["01.1"].points, lines["01.1"].evidence) == (0, "never checked")
    assert (lines["06.3"].points, lines["06.3"].evidence) == (
        0,
        "recorded as not solved: no: 512 MB",
    )


def test_records_that_may_not_be_read_are_no_zero(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann")
    solved(directory, "06.3")
    path = marks.path_of(directory)
    path.rename(path.with_suffix(".away"))
    path.symlink_to("/etc/passwd")
    line = graded(pattern)["06.3"]
    assert line.points is None
    assert "owlab.jsonl: " in line.evidence
    closed = [Home("bo", Path("/nowhere"), "it may not be looked into")]
    assert [item.points for item in grades.grades(closed, POINTS)] == [None, None]


def test_the_best_of_several_labs_counts(make_lab: MakeLab, pattern: str) -> None:
    solved(make_lab("ann", name="a"), "06.3", False)
    solved(make_lab("ann", name="b"), "06.3", True)
    assert graded(pattern)["06.3"].points == 3


def test_labs_are_asked_with_the_answer_that_was_given(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann")
    solved(directory, "01.1", False, answer={"cpus": 8})
    asked: list[Any] = []

    def ask(path: Path, owner: int, key: str, answer: Any) -> Verdict:
        asked.append((path, key, answer))
        return verdict(key, key == "01.1")

    lines = graded(pattern, ask)
    assert asked == [(directory, "01.1", {"cpus": 8}), (directory, "06.3", ...)]
    assert lines["01.1"].points == 1
    assert lines["01.1"].evidence.endswith("solved now: yes: it is so: seen")
    assert lines["06.3"].points == 0


def test_what_holds_no_more_keeps_its_points_and_says_so(make_lab: MakeLab, pattern: str) -> None:
    solved(make_lab("ann"), "06.3", True)
    line = graded(pattern, lambda path, owner, key, answer: verdict(key, False))["06.3"]
    assert line.points == 3
    assert line.evidence == "recorded as solved; not solved now: no: it is so: seen"


def test_a_lab_that_does_not_answer_is_asked_once(make_lab: MakeLab, pattern: str) -> None:
    solved(make_lab("ann"), "06.3", True)
    asked: list[str] = []

    def ask(path: Path, owner: int, key: str, answer: Any) -> Verdict:
        asked.append(key)
        raise ProviderError(brief="it does not run")

    lines = graded(pattern, ask)
    assert asked == ["01.1"]
    assert (lines["01.1"].points, lines["06.3"].points) == (0, 3)
    assert lines["01.1"].evidence == "owlab was not asked: it does not run"


def test_a_lab_that_does_not_run_is_not_started(
    make_lab: MakeLab, tmp_path: Path, pattern: str
) -> None:
    directory = make_lab("ann")
    (directory / "pocket").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert graded(pattern, grades.ask_again)["06.3"].evidence.endswith("it does not run")
    assert sorted(tmp_path.rglob("*")) == before
    make_lab("ann", provider="multipass")
    lines = graded(pattern, grades.ask_again)
    assert lines["06.3"].evidence.endswith("its machines are those of multipass")


@pytest.mark.parametrize("answer", ["__import__('os').system('x')", "(" * 500, "f(1)"])
def test_an_answer_is_a_plain_value_or_none(answer: str) -> None:
    assert grades._answer([marks.Mark("t", "exercise", "01.1", answer=answer)]) is ...


def test_a_table_takes_nothing_for_a_formula() -> None:
    lines = [Grade("=cmd()", "01.1", 1, 1, "t", "@x\n+y"), Grade("-a", "01.1", None, 1)]
    found = list(csv.reader(io.StringIO(grades.as_csv(lines))))
    assert found[0] == list(grades.COLUMNS)
    assert found[1] == ["'=cmd()", "01.1", "1", "1", "t", "'@x +y"]
    assert found[2][2] == ""


def test_the_command_writes_a_file(make_lab: MakeLab, pattern: str, tmp_path: Path) -> None:
    solved(make_lab("ann"), "06.3")
    file = tmp_path / "grades.csv"
    words = ["grade", "--homes", pattern, "-o", str(file)]
    for _ in range(2):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    assert len(rows) == len(JUDGES)
    assert [row["points"] for row in rows if row["exercise"] == "06.3"] == ["3"]


def marks_of(directory: Path) -> list[marks.Mark]:
    lines = marks.path_of(directory).read_text("utf-8").splitlines()
    return [mark for line in lines if (mark := marks.parse(line)) is not None]
