"""How a notebook begins, in a real IPython: strict, and short about failures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from owlab.errors import ConfigError, LabError
from owlab.notebook import begin, session, trouble

from .conftest import Shown

DECLARED = "lab_name: str | None = None\nworkers: int | None = None"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    kind: Any = InteractiveShell
    made = kind.instance()
    yield made
    made.history_manager.end_session()
    kind.clear_instance()


def cells(shell: Any, *sources: str) -> None:
    """As if these cells had run."""
    shell.user_ns["In"] = ["", *sources]


def test_it_opens_the_lab_and_says_what_is_simulated(shell: Any, shown: Shown) -> None:
    cells(shell, DECLARED)
    lab = begin(lab_name="mine", workers=3)
    assert (lab.config.name, lab.workers) == ("mine", ["worker1", "worker2", "worker3"])
    assert "simulated" in shown.plain
    assert session.current() is lab
    assert "on" in shell.magics_manager.magics["cell"]


def test_none_means_as_the_lab_has_it(shell: Any, shown: Shown) -> None:
    begin(lab_name="mine", workers=3)
    assert begin(lab_name="mine", workers=None).config.workers == 3


def test_the_environment_names_the_lab(
    shell: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWLAB_LAB", "theirs")
    assert begin().config.name == "theirs"


def test_a_parameter_that_papermill_injected_but_nobody_declared(shell: Any, shown: Shown) -> None:
    cells(shell, DECLARED, "# Parameters\nwrokers = 3\n")
    with pytest.raises(ConfigError) as caught:
        begin()
    assert caught.value.brief == "This notebook has no parameter 'wrokers'."
    assert caught.value.details == "Did you mean workers?"


def test_injected_parameters_that_are_declared_are_fine(shell: Any, shown: Shown) -> None:
    cells(shell, DECLARED, '# Parameters\nworkers = 3\nlab_name = "x"\n')
    assert begin(workers=3).config.workers == 3


def test_cells_that_somebody_ran_in_another_order_are_no_mistake(shell: Any, shown: Shown) -> None:
    injected = "# Parameters\nworkers = 3\n"
    cells(shell, DECLARED, injected, "%%on host\nls", "x = 1", injected)
    assert begin(workers=3).config.workers == 3
    cells(shell, injected)
    assert begin(workers=3).config.workers == 3


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"workers": "four"}, {"speed": "slow"}])
def test_an_impossible_value_is_refused(shell: Any, shown: Shown, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        begin(**wrong)


def test_an_expected_failure_takes_three_lines(shell: Any) -> None:
    trouble.show_briefly()
    error = LabError("It broke.", "seen", "Mend it.")
    render = getattr(error, trouble.IPYTHON_ASKS_FOR)
    assert render() == ["LabError: It broke.", "seen", "What to do: Mend it."]
    assert trouble.parts("LabError", render()) == ("It broke.", "seen", "Mend it.")
    assert trouble.parts("ValueError", ["Traceback (most recent call last)", "..."]) is None


def test_a_language_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWLAB_LANG", "klingon")
    with pytest.raises(ConfigError, match=r"There are: en \(English\), zh \(中文\)"):
        session.begin(lab_name="any")
