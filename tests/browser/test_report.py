"""The report in a browser: it fetches nothing, and its copy buttons copy."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from owlab import Lab
from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from tests.unit.batch.conftest import PASSING, write_notebook

from .accessibility import violations
from .chromium import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def course_report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The report of the first three notebooks as they are, which ran in a lab of their own."""
    home = tmp_path_factory.mktemp("report")
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(home)
    lab = Lab.open("report")
    try:
        options = RunOptions(parameters={"lab_name": "report"}, last=2, out=home / "runs")
        yield run_course(options, Progress(io.StringIO())).directory / "report.html"
    finally:
        lab.down()
        if before is None:
            del os.environ["OWLAB_HOME"]
        else:
            os.environ["OWLAB_HOME"] = before


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
    page.mouse("document.querySelector('button.copy')")
    page.wait_for("document.querySelector('button.copy').innerText === 'Copied'")
    asked = [url for url in page.requested if not url.startswith(("file:", "data:"))]
    assert len(asked) == page.blocked == 1, "the page's own policy keeps it off the network"


@pytest.mark.npm
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read_by_everybody(
    page: Page, tmp_path: Path, axe: str, course_report: Path, width: int, scheme: str
) -> None:
    page.look_as(scheme, width)
    page.open(course_report.as_uri())
    page.screenshot(Path(os.environ.get("SCREENSHOTS", tmp_path)) / f"report-{scheme}-{width}.png")
    assert violations(page, axe) == []
    assert page.value("document.documentElement.scrollWidth <= innerWidth + 1"), (
        "no sideways scroll"
    )
