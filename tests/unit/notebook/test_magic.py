"""``%%on``: raw shell on a machine, whose failures are not swallowed."""

from __future__ import annotations

import pytest

from owlab import Lab, settings
from owlab.errors import CommandError, LabError, MachineError
from owlab.notebook import on
from owlab.notebook.magic import machine_named, run_cell

from .conftest import Handle


def test_output_is_shown_and_the_machine_is_the_one_named(lab: Lab, handles: list[Handle]) -> None:
    run_cell(lab, "worker1", "echo $ON\nsleep 0.1\necho '<aside>' >&2\n")
    (handle,) = handles
    assert handle.last["text/plain"] == "worker1\n<aside>"
    assert "worker1\n&lt;aside&gt;</pre>" in handle.last["text/html"]
    assert "white-space: pre;" in handle.last["text/html"], "wide lines scroll, unbroken"


def test_a_cell_that_prints_nothing_shows_nothing(lab: Lab, handles: list[Handle]) -> None:
    run_cell(lab, "worker1", "true")
    assert handles == []


@pytest.mark.parametrize("cell", ["false\necho not reached", "false | cat", "exit 3"])
def test_any_line_that_fails_raises(lab: Lab, cell: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="exit status"):
        run_cell(lab, "master", cell)
    assert "not reached" not in capfd.readouterr().out


def test_a_failure_can_be_the_point_of_a_cell(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    run_cell(lab, "master --fails", "exit 3")
    assert "(exit status 3, as this cell means to show)" in capfd.readouterr().out
    with pytest.raises(CommandError, match="but it succeeded"):
        run_cell(lab, "master --fails", "true")


@pytest.mark.parametrize("line", ["", "master worker1", "master --timeout soon", "--nope master"])
def test_a_wrong_first_line_is_explained(lab: Lab, line: str) -> None:
    with pytest.raises(LabError, match="Write %%on MACHINE"):
        run_cell(lab, line, "true")


def test_a_misspelt_machine_is_named_with_the_nearest(lab: Lab) -> None:
    with pytest.raises(MachineError, match=r"Did you mean worker1\?"):
        run_cell(lab, "woker1", "true")


def test_machines_are_known_without_the_prefix(lab: Lab) -> None:
    lab.config = settings.load({"prefix": "owl-"}, environment={})
    assert machine_named(lab, "master") == "owl-master"
    assert machine_named(lab, "owl-master") == "owl-master"
    assert machine_named(lab, "host") == "host"


def test_on_returns_what_was_printed_or_raises(lab: Lab) -> None:
    assert on(lab, "storage", "echo $ON").stdout == "storage\n"
    with pytest.raises(CommandError, match="exit status 1"):
        on(lab, "storage", "false")


@pytest.mark.parametrize("line", ["-h", "--help", "master --nope", "", "master --timeout soon"])
def test_a_line_that_cannot_be_read_says_how_to_write_it(lab: Lab, line: str) -> None:
    with pytest.raises(LabError) as caught:
        run_cell(lab, line, "true")
    assert caught.value.brief.startswith("%%on: ")
    assert caught.value.resolution == (
        "Write %%on MACHINE [--fails] [--timeout SECONDS], then shell below it."
    )
