"""Exercises: every folded solution solves its task, and an empty cell does not."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from owlab import Lab
from owlab.batch.course import NotebookFile, find_notebooks, read_notebook
from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from owlab.notebook.exercises import JUDGES
from owlab.notebook.mime import EXERCISE

pytestmark = pytest.mark.timeout(900)

FOLDER = Path(__file__).parents[2] / "notebooks"
_SOLUTION = re.compile(r"```(?:bash|python)\n(.*?)\n```", re.S)


def solved(notebook: NotebookFile) -> Any:
    """The notebook, with each solution in place of the empty cell; checks look twice."""
    content = notebook.read()
    cells = content.cells
    for place, cell in enumerate(cells):
        if "exercise-answer" in cell.metadata.get("tags", []):
            check, solution = cells[place + 1], cells[place + 2]
            found = _SOLUTION.search(solution.source)
            assert found, solution.id
            empty = re.sub(r'check_exercise\("([0-9.]+)".*', r'check_exercise("\1")', check.source)
            look = nbformat.v4.new_code_cell(empty)
            look.id = f"{cell.id}-before"
            cell.source = found[1]
            cell.metadata.before = look
    content.cells = [
        item
        for cell in cells
        for item in ([cell.metadata.pop("before"), cell] if "before" in cell.metadata else [cell])
    ]
    return content


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Any]]]:
    """What each check said: before anything was done, and after the solution."""
    home = tmp_path_factory.mktemp("x")
    folder = home / "solved"
    folder.mkdir()
    for notebook in find_notebooks(FOLDER):
        if notebook.name == "10-break-and-fix":
            continue  # tests/incidents breaks and mends them all
        library: Any = nbformat
        library.write(solved(notebook), folder / notebook.path.name)
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(home)
    lab = Lab.open("solved")
    printed = io.StringIO()
    try:
        options = RunOptions(
            parameters={"lab_name": "solved"},
            last=max(notebook.number for notebook in find_notebooks(FOLDER)),
            out=home / "runs",
            notebooks=folder,
        )
        run = run_course(options, Progress(printed))
        assert run.exit_code == 0, printed.getvalue()
        found: dict[str, list[Any]] = {key: [] for key in JUDGES}
        for path in sorted(run.directory.glob("*.ipynb")):
            for cell in read_notebook(path).cells:
                for entry in cell.get("outputs", []):
                    if record := entry.get("data", {}).get(EXERCISE):
                        found[record["key"]].append(record)
        yield found
    finally:
        lab.down()
        if before is None:
            del os.environ["OWLAB_HOME"]
        else:
            os.environ["OWLAB_HOME"] = before


@pytest.mark.parametrize("key", JUDGES)
def test_the_solution_solves_it_and_nothing_else_does(
    verdicts: dict[str, list[Any]], key: str
) -> None:
    empty, answered = verdicts[key]
    assert not empty["passed"]
    assert any(check["remedy"] for check in empty["checks"])
    assert answered["passed"], answered["checks"]
