"""The report in a browser: it fetches nothing, and its copy buttons copy."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from tests.unit.batch.conftest import PASSING, write_notebook

from .chromium import Page

pytestmark = pytest.mark.browser


def test_the_report_opens_offline_and_copies(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(
        folder / "00-a.ipynb",
        ("md", "# First\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        (
            "code",
            "from IPython.display import HTML\nHTML('<img src=\"https://example.org/x.png\">')",
        ),
        PASSING,
    )
    run = run_course(RunOptions(out=tmp_path / "runs", notebooks=folder), Progress(io.StringIO()))
    page.open((run.directory / "report.html").as_uri())
    assert page.value("document.querySelector('h1').innerText").endswith("passed")
    assert page.value("document.querySelectorAll('nav a').length") == 2
    page.value("document.querySelector('button.copy').click() || true")
    page.wait_for("document.querySelector('button.copy').innerText === 'Copied'")
    asked = [url for url in page.requested if not url.startswith(("file:", "data:"))]
    assert len(asked) == page.blocked == 1, "the page's own policy keeps it off the network"
