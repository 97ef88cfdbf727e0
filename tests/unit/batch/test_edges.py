"""Parameters, notebooks, progress and outputs of a run, as tables: what each value comes to."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from owlab.batch import course, evidence, report
from owlab.batch.course import NotebookFile
from owlab.batch.evidence import CellRecord, CheckRecord, NotebookOutcome
from owlab.batch.parameters import Declared, declared_in_source
from owlab.batch.progress import Progress, _clock
from owlab.errors import BatchError
from owlab.notebook.mime import CHECK, EXERCISE, TRANSCRIPT

from .conftest import write_notebook

# -- parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (int, "3", 3),
        (int, "-3", -3),
        (int, "+3", 3),
        (int, 3, 3),
        (float, "1.5", 1.5),
        (float, 2, 2.0),
        (float, 2.5, 2.5),
        (bool, "Yes", True),
        (bool, "off", False),
        (bool, True, True),
        (str, "3", "3"),
        (str, "None", "None"),
    ],
)
def test_values_of_their_type(kind: type, value: Any, read: Any) -> None:
    found = Declared("n", kind, False, None).read(value)
    assert found == read and type(found) is type(read)


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (int, "3.0", "a whole number is needed"),
        (int, "", "a whole number is needed"),
        (int, True, "a whole number is needed"),
        (int, 3.0, "a whole number is needed"),
        (float, "many", "a number is needed"),
        (float, True, "a number is needed"),
        (bool, "1", "true or false is needed"),
        (bool, 1, "true or false is needed"),
        (str, 3, r"text is needed \(write it in quotes\)"),
        (str, None, "a value is needed"),
        (int, "None", "a whole number is needed"),
    ],
)
def test_values_of_another_type(kind: type, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Declared("n", kind, False, None).read(value)


@pytest.mark.parametrize("kind", [int, float, bool, str])
def test_nothing_is_a_value_where_that_is_said(kind: type) -> None:
    for value in (None, "None"):
        assert Declared("n", kind, True, None).read(value) is None


def test_what_a_cell_declares() -> None:
    found = declared_in_source(
        "workers: int = None  # 1 to 20\n"
        "name: str = 'a # b'\n"
        "speed: float | None = 1.5\n"
        "plain = 5\n"
        "bare: int\n"
        "odd: list = []\n"
        "both: int | str = 1\n"
        "lab.name: str = 'x'\n"
    )
    assert list(found) == ["workers", "name", "speed"]
    assert found["workers"] == Declared("workers", int, True, None, "1 to 20")
    assert found["name"] == Declared("name", str, False, "a # b", "")
    assert (found["speed"].optional, found["speed"].default) == (True, 1.5)


# -- which notebooks -----------------------------------------------------------------------


def test_notebooks_are_those_with_a_number(tmp_path: Path) -> None:
    for name in ("02-b.ipynb", "10-a.ipynb", "00-c.ipynb", "notes.ipynb", "1-x.ipynb", "03-d.txt"):
        (tmp_path / name).write_text("{}")
    found = course.find_notebooks(tmp_path)
    assert [(one.number, one.name) for one in found] == [(0, "00-c"), (2, "02-b"), (10, "10-a")]
    assert [one.number for one in course.select(found, 2, 10)] == [2, 10]
    assert [one.number for one in course.select(found, 2, 2)] == [2]
    for first, last in ((3, 9), (10, 2)):
        with pytest.raises(BatchError, match="There is no notebook from") as refused:
            course.select(found, first, last)
        assert refused.value.details == "Numbers that exist: 00, 02, 10."
    assert course.find_directory(tmp_path) == tmp_path
    with pytest.raises(BatchError, match="The notebooks were not found") as refused:
        course.find_directory(tmp_path / "none")
    assert refused.value.details == f"looked in {tmp_path / 'none'}"
    with pytest.raises(BatchError, match=r"00-c\.ipynb is not a notebook that can be read"):
        (tmp_path / "00-c.ipynb").write_text("{")
        found[0].read()


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (ValueError("first\nsecond"), "first"),
        (KeyError(), "KeyError"),
        (ValueError(""), "ValueError"),
    ],
)
def test_why_a_notebook_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, details: str
) -> None:
    def fails(path: Path) -> None:
        raise error

    monkeypatch.setattr(course, "read_notebook", fails)
    with pytest.raises(BatchError) as refused:
        NotebookFile(0, tmp_path / "00-a.ipynb").read()
    assert refused.value.details == details


# -- progress ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3725, "62:05")]
)
def test_clocks(seconds: float, text: str) -> None:
    assert _clock(seconds) == text


@pytest.fixture
def notebook(tmp_path: Path) -> NotebookFile:
    path = write_notebook(
        tmp_path / "05-x.ipynb", ("md", "# One"), ("code", "1"), ("md", "## Two"), ("code", "2"),
        ("code", "3"),
    )  # fmt: skip
    return NotebookFile(5, path)


def test_a_log_hears_of_a_long_cell_once_a_minute(
    notebook: NotebookFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("owlab.batch.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    progress = Progress(stream)
    progress.start(notebook, 2, 3)
    for index, second in ((1, 59), (3, 61), (4, 100), (4, 122)):
        now[0] = second
        progress.cell(index)
        progress.tick()
    checks = [CheckRecord("a", True), CheckRecord("b", False)]
    cells = [CellRecord(1, "1", "", True, 1), CellRecord(3, "3", "", False, 0)]
    progress.end(NotebookOutcome("05-x", "failed", cells=cells, checks=checks))
    progress.note("done")
    assert stream.getvalue().splitlines() == [
        "[2/3] 05-x ...",
        "[2/3] 05-x  cell 2/3  Two  1:01",
        "[2/3] 05-x  cell 3/3  Two  2:02",
        "✗ [2/3] 05-x  1 cells, 1 of 2 checks passed, 122.0 s",
        "done",
    ]


def test_a_place_beyond_the_last_cell(notebook: NotebookFile) -> None:
    progress = Progress(io.StringIO())
    progress.start(notebook, 1, 1)
    progress.cell(9)
    assert progress._where() == "cell 3/3  "
    progress.cell(0)
    assert progress._where() == "cell 1/3  One"


# -- evidence ------------------------------------------------------------------------------


def failed(kind: str, value: str, *traceback: str) -> evidence.ErrorRecord:
    entry = SimpleNamespace(ename=kind, evalue=value, traceback=list(traceback))
    return evidence._error(3, "Here", entry)


def test_errors_in_their_parts() -> None:
    ours = failed("StepError", "x", "StepError: brief", "seen", "What to do: mend it")
    assert (ours.brief, ours.details, ours.resolution) == ("brief", "seen", "mend it")
    assert (ours.cell, ours.title, ours.kind) == (3, "Here", "StepError")
    other = failed("ValueError", "\x1b[31mone\x1b[0m\ntwo\nthree", "Traceback (most recent)")
    assert (other.brief, other.details) == ("ValueError: one", "two\nthree")
    assert failed("Odd", "").brief == "Odd: Odd"
    assert failed("SystemExit", "0").brief.startswith("The cell called sys.exit(0)")


@pytest.mark.parametrize(("duration", "seconds"), [(1.5, 1.5), (2, 2.0), (None, 0.0), ("x", 0.0)])
def test_durations(duration: Any, seconds: float) -> None:
    cell = SimpleNamespace(metadata={"papermill": {"duration": duration}})
    assert evidence._seconds(cell) == seconds
    assert evidence._seconds(SimpleNamespace(metadata={})) == 0.0


def test_headings_reach_down_to_the_next(notebook: NotebookFile) -> None:
    assert evidence.titles(notebook.read()) == ["One", "One", "Two", "Two", "Two"]


# -- the report ----------------------------------------------------------------------------


def output(kind: str = "display_data", **more: Any) -> Mapping[str, Any]:
    made: Any = nbformat
    return report._output(made.v4.new_output(kind, **more))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({TRANSCRIPT: {"steps": []}, "text/html": "x"}, "transcript"),
        ({CHECK: {"checks": [1]}, "text/html": "x"}, "checks"),
        ({EXERCISE: {"checks": [1]}}, "checks"),
        ({"image/svg+xml": "<svg/>", "image/png": "x"}, "html"),
        ({"image/png": "a\nb", "text/html": "x"}, "image"),
        ({"text/html": "<b>", "text/plain": "x"}, "html"),
        ({"text/markdown": "**x**"}, "html"),
        ({"text/plain": "x"}, "text"),
        ({}, "text"),
    ],
)
def test_the_best_form_of_an_output_is_shown(data: dict[str, Any], kind: str) -> None:
    assert output(data=data)["kind"] == kind


def test_what_an_output_comes_to() -> None:
    assert output("stream", name="stdout", text="\x1b[1ma\x1b[0m") == {"kind": "text", "text": "a"}
    error = output("error", ename="E", evalue="v", traceback=["\x1b[31ma\x1b[0m", "b"])
    assert error == {"kind": "error", "text": "a\nb"}
    assert output(data={"image/png": "a\nb\n"}) == {
        "kind": "image", "data": "ab", "text": "a plot"
    }  # fmt: skip
    table = output(data={"text/html": "<table><th></th><th>a</th></table>"})
    assert table["html"] == "<table><td></td><th>a</th></table>"
    assert output(data={"text/markdown": "**x**"})["html"].strip() == "<p><strong>x</strong></p>"
    words = [output(data={kind: {"checks": []}})["words"] for kind in (CHECK, EXERCISE)]
    assert words == [("PASS", "FAIL"), ("DONE", "NOT YET")]


def test_links_between_notebooks_stay_in_the_page(tmp_path: Path) -> None:
    told = report._prose("[a](05-x.ipynb) [b](05-x.ipynb#c) [d](https://a.example/)")
    assert told.count('href="#05-x"') == 2 and 'href="https://a.example/"' in told
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.svg").write_text("<svg/>")
    html = report._prose("![a](pictures/a.svg) ![b](pictures/b.svg)")
    shown = report._with_pictures(html, tmp_path)
    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in shown and 'src="pictures/b.svg"' in shown
