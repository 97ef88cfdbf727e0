"""An executed notebook is judged by what it holds, not by what papermill says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from owlab.batch.course import NotebookFile, read_notebook
from owlab.batch.evidence import NotebookOutcome, examine

from .conftest import write_notebook

CHECK = "application/vnd.owlab.check+json"


@pytest.fixture
def source(tmp_path: Path) -> NotebookFile:
    cells = [("md", "# Title\n## Part"), ("code", "1"), ("code", " "), ("check", "2")]
    return NotebookFile(1, write_notebook(tmp_path / "01-a.ipynb", *cells))


def executed(source: NotebookFile, *, passed: bool | None = True) -> Any:
    """As papermill leaves it when all went well."""
    notebook = read_notebook(source.path)
    for number, cell in enumerate(notebook.cells):
        cell.metadata["papermill"] = {"status": "completed", "exception": None, "duration": 0.5}
        if cell.cell_type == "code" and cell.source.strip():
            cell.execution_count = number
    if passed is not None:
        check = {"title": "works", "passed": passed, "evidence": ["seen"], "remedy": "mend it"}
        notebook.cells[3].outputs = [
            nbformat.from_dict(
                {
                    "output_type": "display_data",
                    "data": {CHECK: {"checks": [check]}, "text/plain": "x"},
                    "metadata": {},
                }
            )
        ]
    return notebook


def judge(source: NotebookFile, notebook: Any, tmp_path: Path) -> NotebookOutcome:
    library: Any = nbformat
    path = tmp_path / "out.ipynb"
    library.write(notebook, path)
    return examine(source, path)


def test_everything_ran_and_every_check_passed(source: NotebookFile, tmp_path: Path) -> None:
    outcome = judge(source, executed(source), tmp_path)
    assert outcome.status == "passed"
    assert [(cell.title, cell.ran) for cell in outcome.cells] == [("Part", True)] * 2
    assert [(check.title, check.passed) for check in outcome.checks] == [("works", True)]
    assert outcome.seconds == 1.0


def test_a_cell_that_never_ran_is_a_failure_whatever_papermill_says(
    source: NotebookFile, tmp_path: Path
) -> None:
    notebook = executed(source)
    notebook.cells[3].execution_count = None
    outcome = judge(source, notebook, tmp_path)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert (outcome.error.cell, outcome.error.kind) == (3, "NotExecuted")


def test_a_check_that_failed_is_a_failure_with_its_remedy(
    source: NotebookFile, tmp_path: Path
) -> None:
    outcome = judge(source, executed(source, passed=False), tmp_path)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error.resolution == "mend it"


def test_a_check_cell_that_recorded_nothing_is_a_failure(
    source: NotebookFile, tmp_path: Path
) -> None:
    outcome = judge(source, executed(source, passed=None), tmp_path)
    assert outcome.error is not None
    assert outcome.error.kind == "NoCheck"


def test_an_error_is_a_failure_also_where_the_cell_may_raise(
    source: NotebookFile, tmp_path: Path
) -> None:
    notebook = executed(source)
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    notebook.cells[1].outputs = [
        nbformat.from_dict(
            {
                "output_type": "error",
                "ename": "ConfigError",
                "evalue": "x",
                "traceback": ["ConfigError: Too many workers.", "99", "What to do: Choose 1."],
            }
        )
    ]
    outcome = judge(source, notebook, tmp_path)
    assert outcome.error is not None
    assert (outcome.error.brief, outcome.error.details, outcome.error.resolution) == (
        "Too many workers.",
        "99",
        "Choose 1.",
    )


def test_a_missing_cell_is_a_failure(source: NotebookFile, tmp_path: Path) -> None:
    notebook = executed(source)
    del notebook.cells[1]
    outcome = judge(source, notebook, tmp_path)
    assert outcome.error is not None
    assert outcome.error.kind == "MissingCells"


def test_a_half_written_notebook_is_a_failure(source: NotebookFile, tmp_path: Path) -> None:
    path = tmp_path / "out.ipynb"
    path.write_text('{"cells": [', "utf-8")
    assert examine(source, path).status == "failed"


def test_an_outcome_survives_the_summary(source: NotebookFile, tmp_path: Path) -> None:
    outcome = judge(source, executed(source, passed=False), tmp_path)
    assert NotebookOutcome.from_dict(outcome.as_dict()) == outcome
