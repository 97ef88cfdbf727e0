"""Small courses of the tests' own."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from owlab.batch.summary import RunSummary

Cell = tuple[str, str]
"""A kind (``md``, ``code``, or a tag) and the source."""

RECORD = (
    "from IPython.display import display\n"
    "display({{'application/vnd.owlab.check+json': {{'checks': [{{'title': 'it works', "
    "'passed': {passed}, 'evidence': ['seen'], 'remedy': 'mend it'}}]}}, 'text/plain': ''}}, "
    "raw=True)"
)
PASSING: Cell = ("check", RECORD.format(passed=True))
FAILING: Cell = ("check", RECORD.format(passed=False))


def write_notebook(path: Path, *cells: Cell) -> Path:
    made: list[Any] = []
    library: Any = nbformat
    for number, (kind, source) in enumerate(cells):
        new = library.v4.new_markdown_cell if kind == "md" else library.v4.new_code_cell
        cell = new(source, id=f"cell-{number}")
        if kind not in ("md", "code"):
            cell.metadata["tags"] = [kind]
        made.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    library.write(library.v4.new_notebook(cells=made, metadata=metadata), path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a course. With a space in its name, as people have them."""
    path = tmp_path / "my {notebooks}"
    path.mkdir()
    return path


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Callable[..., tuple[RunSummary, str]]:
    """Run the course in ``folder``; returns the summary and what was printed."""

    def start(**options: Any) -> tuple[RunSummary, str]:
        stream = io.StringIO()
        chosen = {"out": tmp_path / "runs", "notebooks": folder, **options}
        return run_course(RunOptions(**chosen), Progress(stream)), stream.getvalue()

    return start
