"""What is not installed is said, with the way to get it."""

import pytest

from owlab import extras
from owlab.errors import LabError
from owlab.machines import pocket_terminal
from owlab.notebook import plots, tables


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)


@pytest.mark.parametrize("extra", ["pocket", "plots", "lab"])
def test_what_is_missing_is_named(without, extra):
    with pytest.raises(LabError, match="cannot be used") as caught:
        extras.need(extra)
    assert f"owlab[{extra}]" in caught.value.resolution


def test_what_is_there_is_fine():
    extras.need("pocket")


def test_a_pocket_lab_is_not_started_without_its_packages(without, tmp_path):
    with pytest.raises(LabError, match="pocket lab"):
        pocket_terminal.ensure(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_frame_says_what_it_needs_and_a_table_needs_nothing(without, lab):
    table = tables.timings(lab)
    assert "seconds" in repr(table)
    with pytest.raises(LabError, match="Plots and data frames"):
        table.frame()


def test_a_picture_says_what_it_needs(without, lab):
    with pytest.raises(LabError, match="Plots and data frames"):
        plots.timeline(lab)._repr_mimebundle_()
