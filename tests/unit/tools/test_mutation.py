"""Whether a change of a rule is noticed: tried on a project of one rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import CoverageData

from tools.mutation.changes import Mutant, chosen
from tools.mutation.judging import Judge
from tools.mutation.rooms import distance, nearest_first, room
from tools.mutation.running import ran
from tools.mutation.traces import Traces

RULE = "LIMIT = 3\n\n\ndef full(seats):\n    return seats >= LIMIT\n"
TEST = "from owlab.rule import full\n\n\ndef test_full():\n    assert full(3)\n"
KNOWN = "tests/test_rule.py::test_full"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a project, whose pytest has no plugins to import but the one that it needs."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_timeout")
    for name, text in (
        ("owlab/__init__.py", ""),
        ("owlab/rule.py", RULE),
        ("tests/test_rule.py", TEST),
        ("pytest.ini", "[pytest]\npythonpath = .\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def traces(project: Path) -> Traces:
    """One test runs the rule, a broad one runs it and much else."""
    data = CoverageData(str(project / "traces"))
    rule, other = str(project / "owlab/rule.py"), str(project / "owlab/other.py")
    data.add_lines({rule: [1, 4]})  # on import
    data.set_context("tests/a.py::test_broad|run")
    data.add_lines({rule: [5], other: [1]})
    data.set_context(f"{KNOWN}|run")
    data.add_lines({rule: [5]})
    data.write()
    return Traces(project, project / "traces")


def _mutant(old: str, new: str) -> Mutant:
    return Mutant(Path("owlab/rule.py"), "some kind", RULE, RULE.replace(old, new))


def test_the_tests_of_a_line_are_those_that_run_it_the_narrowest_first(traces: Traces) -> None:
    broad = "tests/a.py::test_broad"
    assert traces.tests(Path("owlab/rule.py"), [5], []) == [KNOWN, broad]
    assert traces.tests(Path("owlab/rule.py"), [1], [5]) == [KNOWN, broad], "a constant's"
    assert traces.tests(Path("owlab/rule.py"), [1], []) == [KNOWN, broad], "any of the module"
    assert traces.tests(Path("owlab/other.py"), [1], []) == [broad]
    assert traces.tests(Path("owlab/none.py"), [1], [2]) == []


def test_a_constants_users_and_a_heads_body() -> None:
    assert _mutant("3", "4").users == [5]
    assert _mutant("seats)", "seats=1)").users == [5]
    assert _mutant(">=", ">").users == [], "the line itself"


def test_a_change_that_fails_a_test_is_caught(project: Path, traces: Traces) -> None:
    (project / "tests/a.py").write_text("def test_broad():\n    pass\n")
    judge = Judge(traces, 60)
    assert judge.judged(_mutant(">=", ">"), project) == "caught"
    assert judge.judged(_mutant("3", "2"), project) == "survived"
    assert judge.judged(_mutant("LIMIT = 3", "LIMIT = 1 / 0"), project) == "caught", "on import"
    assert (project / "owlab/rule.py").read_text() == RULE, "nothing is left changed"
    assert not judge.broken


def test_a_test_that_fails_anyway_catches_nothing(project: Path, traces: Traces) -> None:
    (project / "tests/a.py").write_text("def test_broad():\n    assert False\n")
    judge = Judge(traces, 60)
    assert judge.judged(_mutant("3", "2"), project) == "survived"
    assert judge.broken == {"tests/a.py::test_broad"}


def test_a_change_that_never_ends_is_caught(
    project: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.mutation.judging.EACH", 2.0)
    endless = RULE.replace("return seats", "while True: pass\n    return seats")
    judge = Judge(traces, 60)
    mutant = Mutant(Path("owlab/rule.py"), "some kind", RULE, endless)
    assert judge.judged(mutant, project) == "caught"
    assert not judge.broken


def test_a_run_tells_what_failed_and_where_it_stopped(project: Path) -> None:
    (project / "tests/test_many.py").write_text(
        "import logging, time, pytest\n"
        "def test_good(): pass\n"
        "@pytest.mark.parametrize('word', ['a b', 'c'])\n"
        "def test_bad(word): logging.error('FAILED tests/x.py::test_y - z'); assert word == 'c'\n"
        "def test_stuck():\n    print('tests/x.py::test_z')\n    while True: pass\n"
        "def test_last(): assert False\n"
    )
    many = "tests/test_many.py"
    told = ran(project, [f"{many}::test_good", f"{many}::test_bad"], 60)
    assert (told.status, told.failing, told.stalled) == (1, [f"{many}::test_bad[a b]"], None)
    told = ran(project, [many], 60, each=2)
    bad = [f"{many}::test_bad[a b]"]
    assert (told.status, told.failing, told.stalled) == (1, bad, f"{many}::test_stuck")
    assert ran(project, [f"{many}::test_good"], 60).status == 0
    over = ran(project, [f"{many}::test_stuck"], 3, each=30)
    assert (over.status, over.stalled) == (None, None)


def test_the_changed_lines_and_the_room_of_a_module() -> None:
    assert _mutant(">=", ">").lines == [5]
    assert _mutant("3", "4").lines == [1]
    assert room(Path("owlab/pocket/kube/api/pods.py")) == "pocket/kube"
    assert room(Path("owlab/settings.py")) == ""


def test_the_rooms_own_tests_are_nearer_than_those_of_clients() -> None:
    module = Path("owlab/pocket/kube/scheduling/filters.py")
    tests = ["tests/unit/x.py::a", "tests/clients/x.py::b", "tests/pocket/controllers/x.py::c"]
    assert sorted(tests, key=lambda test: distance(test, module)) == tests[::-1]


def test_what_changes_no_rule_is_not_chosen(tmp_path: Path) -> None:
    (tmp_path / "owlab").mkdir()
    text = (
        "class P(Protocol):\n    def f(self, a, *, b=1): ...\n\n\n"
        "if TYPE_CHECKING:\n    import x\n\n\n"
        "def f(a, *, b=1):\n    x.wait(a, timeout=90, strict=True)\n"
        "    time.sleep(0.3) if time.monotonic() >= x.end else x.end\n"
        "    return b if a is None and b < 3 or b == 7 else a + 1\n"
        f"# {'x' * 300}\n"
    )
    (tmp_path / "owlab/rule.py").write_text(text)
    made = list(chosen(tmp_path, 25, 1, ""))
    assert len({mutant.after for mutant in made}) == 25
    for same in (
        "def f(self, a, *, b=1): ...",
        "if TYPE_CHECKING:",
        "timeout=90, strict=True",
        "sleep(0.3)",
    ):
        assert all(same in mutant.after for mutant in made)
    assert not any("monotonic() > x" in mutant.after for mutant in made)
    for same in ("a == None", "b is 7"):
        assert not any(same in mutant.after for mutant in made)


def test_a_seed_chooses_the_same_changes_each_time() -> None:
    root = Path(__file__).parents[3]
    first, second = (
        [str(mutant) for mutant in chosen(root, 3, 7, "pocket/multipass")] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == 3
    assert nearest_first(Path("owlab/pocket/multipass/options.py"), root)
