"""Many changes of rules put in at once: each is noticed by the test that is about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import CoverageData

from tools.mutation.changes import Mutant
from tools.mutation.together import Together, combined, groups
from tools.mutation.traces import Traces

RULES = """LIMIT = 3


def full(seats):
    return seats >= LIMIT


def empty(seats):
    return seats == 0


def unknown(seats):
    return seats < 0
"""
TESTS = """from owlab.rule import empty, full


def test_full():
    assert full(3)


def test_empty():
    assert empty(0)


def test_both():
    assert empty(0) and full(3)


def test_that_fails_anyway():
    assert False
"""


@pytest.fixture
def together(tmp_path: Path) -> Together:
    """A judge, for a project with three rules, two of them tested."""
    for name, text in (
        ("owlab/__init__.py", ""),
        ("owlab/rule.py", RULES),
        ("tests/test_rule.py", TESTS),
        ("pytest.ini", "[pytest]\npythonpath = .\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    data = CoverageData(str(tmp_path / "traces"))
    data.set_context("tests/test_rule.py::test_full|run")
    data.add_lines({str(tmp_path / "owlab/rule.py"): [5]})
    data.write()
    return Together(Traces(tmp_path, tmp_path / "traces"), tmp_path, words=["tests"])


def _mutant(old: str, new: str) -> Mutant:
    return Mutant(Path("owlab/rule.py"), "some kind", RULES, RULES.replace(old, new))


LATER, NEVER, UNTOLD = (
    _mutant("seats >= LIMIT", "seats > LIMIT"),
    _mutant("seats == 0", "seats != 0"),
    _mutant("seats < 0", "seats <= 0"),
)


def test_the_text_with_several_changes_has_all_of_them() -> None:
    text = combined([UNTOLD, LATER, NEVER])[Path("owlab/rule.py")]
    expected = RULES.replace(">= LIMIT", "> LIMIT").replace("== 0", "!= 0").replace("< 0", "<= 0")
    assert text == expected


def test_changes_of_the_same_line_are_not_put_in_together() -> None:
    other = _mutant("seats >= LIMIT", "seats < LIMIT")
    assert groups([LATER, other, NEVER]) == [[LATER, NEVER], [other]]


def test_each_is_found_by_a_test_of_its_own(together: Together) -> None:
    said: list[str] = []
    together.say = said.append
    assert set(together.noticed([UNTOLD, NEVER, LATER])) == {LATER, NEVER}
    assert together.flaky == {"tests/test_rule.py::test_that_fails_anyway"}
    assert (together.copy / "owlab/rule.py").read_text() == RULES, "nothing is left changed"
    assert said[0] == "4 tests fail with 3 changes"
    assert any(
        line.startswith("tests/test_rule.py::test_full notices owlab/rule.py") for line in said
    )


def test_what_ends_the_run_early_is_taken_out_and_all_run_again(
    together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.mutation.together.MOST_FAILING", 1)
    together.words = ["-x", "tests"]
    assert set(together.noticed([NEVER, LATER])) == {LATER, NEVER}
