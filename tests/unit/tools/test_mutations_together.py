"""Many changes of rules put in at once: each is noticed by the test that is about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.mutation.changes import Mutant
from tools.mutation.running import Ran
from tools.mutation.together import Together, combined, groups

RULES = """LIMIT = 3


def full(seats):
    return seats >= LIMIT


def empty(seats):
    return seats == 0


def unknown(seats):
    return seats < 0
"""
FILE = "tests/test_rule.py"
FULL, EMPTY, BOTH, ANYWAY = (f"{FILE}::test_{name}" for name in ("full", "empty", "both", "anyway"))
TESTS: dict[str, Callable[[Any], bool]] = {
    FULL: lambda rule: rule["full"](3),
    EMPTY: lambda rule: rule["empty"](0),
    BOTH: lambda rule: rule["empty"](0) and rule["full"](3),
    ANYWAY: lambda _rule: False,
}


def _pytest(copy: Path, words: list[str], _seconds: float) -> Ran:
    """As pytest answers, without its second for each start."""
    rule: dict[str, Any] = {}
    exec((copy / "owlab/rule.py").read_text(), rule)
    assert FILE in words or set(TESTS) & set(words)
    chosen = [name for name in TESTS if name in words] or list(TESTS)
    failed = [name for name in chosen if not TESTS[name](rule)]
    shown = failed[:1] if "-x" in words or "--maxfail=1" in words else failed
    told = "".join(f"FAILED {name}[a - b] - assert False\n" for name in shown)
    return Ran(int(bool(failed)), f"== short test summary info ==\n{told}")


@pytest.fixture
def together(tmp_path: Path) -> Together:
    """A judge, for a project with three rules, two of them tested."""
    (tmp_path / "owlab").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / FILE).write_text("")
    (tmp_path / "owlab/rule.py").write_text(RULES)
    return Together([tmp_path], run=_pytest)


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
    assert together.flaky == {ANYWAY}
    assert (together.copies[0] / "owlab/rule.py").read_text() == RULES, "nothing is left changed"
    assert said[0] == "4 tests fail with 3 changes"
    assert any(line.startswith(f"{FULL} notices owlab/rule.py") for line in said)


def test_what_ends_the_run_early_is_taken_out_and_all_run_again(
    together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.mutation.together.MOST_FAILING", 1)
    assert set(together.noticed([NEVER, LATER])) == {LATER, NEVER}


def test_behind_a_test_that_never_ends_the_others_are_run(together: Together) -> None:
    runs: list[list[str]] = []

    def run(_copy: Path, words: list[str], _seconds: float) -> Ran:
        runs.append([word for word in words if not word.startswith("-")])
        if "tests/b.py" in words:
            return Ran(1, "tests/a.py::test_a PASSED\ntests/b.py::test_b[c] \n+++ Timeout +++\n")
        return Ran(1, "== short test summary info ==\nFAILED tests/d.py::test_d - assert 0\n")

    together.run = run
    files = [f"tests/{name}.py" for name in "abcd"]
    assert together._failing([], files) == ["tests/b.py::test_b", "tests/d.py::test_d"]
    assert runs == [files, files[2:]]


def test_a_run_that_broke_is_told(together: Together) -> None:
    """Nothing failed in it: nobody looked."""
    told: list[str] = []
    together.say = told.append
    together.run = lambda copy, words, seconds: Ran(4, "usage: pytest\nno such option\n\n")
    rule = (together.copies[0] / "owlab/rule.py").read_text()
    change = Mutant(Path("owlab/rule.py"), "x", rule, rule.replace("3", "4"))
    assert together.noticed([change]) == []
    assert told[0] == "pytest ended with 4, of 1 files: no such option"
