"""One live line on a terminal, few plain lines elsewhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from owlab.batch.course import NotebookFile
from owlab.batch.evidence import NotebookOutcome
from owlab.batch.progress import Progress

from .conftest import write_notebook


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("not a real one")


@pytest.fixture
def notebook(tmp_path: Path) -> NotebookFile:
    cells = [("md", "# Title"), ("code", "1"), ("md", "## Helm"), ("code", "2")]
    return NotebookFile(3, write_notebook(tmp_path / "03-helm.ipynb", *cells))


def drive(progress: Progress, notebook: NotebookFile) -> None:
    progress.start(notebook, 1, 8)
    for index in range(4):
        progress.cell(index)
        for _ in range(50):
            progress.tick()
    progress.end(NotebookOutcome("03-helm", "passed"))


def test_a_terminal_has_one_line_that_lives(
    notebook: NotebookFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    drive(Progress(stream), notebook)
    printed = stream.getvalue()
    assert printed.count("\n") == 1
    assert "[1/8] 03-helm  cell 2/2  Helm  0:00" in printed
    assert all(len(line) < 90 for line in printed.split("\r"))


def test_a_log_has_a_line_at_the_start_and_one_at_the_end(notebook: NotebookFile) -> None:
    stream = io.StringIO()
    drive(Progress(stream), notebook)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "[1/8] 03-helm ..."
    assert len(lines) == 2
