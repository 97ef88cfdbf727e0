"""A name that is not there yet is answered with the cell that makes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from owlab.notebook import cells, trouble
from tests.unit.batch.conftest import write_notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "01-a.ipynb"
    write_notebook(
        path,
        ("md", "# Title"),
        ("code", "from owlab.notebook import check"),
        ("md", "## 1.4 Join the workers\n\ntext"),
        ("code", "\nnodes = [1]\nnodes"),
        ("code", "%%on master\nnodes = 2"),
    )
    return path


def test_the_cell_is_named_by_its_heading_and_first_line(notebook: Path) -> None:
    assert cells.making("nodes", notebook) == (
        "under “1.4 Join the workers”; it begins with:\n    nodes = [1]"
    )
    assert "from owlab.notebook" in cells.making("check", notebook)
    assert cells.making("nothing", notebook) == ""
    assert cells.making("nodes", notebook.with_name("gone.ipynb")) == ""


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    made = InteractiveShell()
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: made)
    trouble.show_briefly()
    return made


def test_in_a_kernel_it_is_two_lines(
    notebook: Path,
    shell: InteractiveShell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
    result = shell.run_cell("len(nodes)")
    assert isinstance(result.error_in_exec, NameError)
    shown = capsys.readouterr().out
    assert shown.splitlines() == [
        "NameError: name 'nodes' is not defined",
        "What to do: Run this cell first, under “1.4 Join the workers”; it begins with:",
        "    nodes = [1]",
    ]


def test_another_wrong_name_is_shown_as_ever(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("nothing")
    assert "Traceback" in capsys.readouterr().out


def test_an_interrupt_is_one_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    result = shell.run_cell("raise KeyboardInterrupt")
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert capsys.readouterr().out.splitlines() == [
        f"KeyboardInterrupt: {trouble.INTERRUPTED}",
    ]
