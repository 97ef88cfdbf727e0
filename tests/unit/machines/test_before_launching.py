"""What is told before Multipass makes the first machine."""

from __future__ import annotations

import psutil
import pytest
from rich.console import Console

from owlab import Lab
from owlab.cli.examination import before_launching
from owlab.errors import ProviderError
from owlab.machines import preflight


@pytest.fixture
def told(make, tmp_path, monkeypatch):
    """The words, for a lab of the provider ``multipass`` on a computer with 16 GB."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    make()
    total = 16 * preflight.GIGABYTE
    memory = psutil.virtual_memory()._replace(total=total)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)

    def tell(lab: Lab, force: bool = True) -> str:
        console = Console(record=True, width=200)
        before_launching(lab, console, force)
        return console.export_text()

    return tell


def test_too_little_memory_is_told_with_the_profile_that_fits(told):
    said = told(Lab.open("small", provider="multipass"))
    assert "16 GB, the machines want 22 GB" in said
    assert "Choose memory_profile=small" in said
    assert "minutes the first time" in said


def test_what_would_stop_the_lab_stops_it_now(told):
    lab = Lab.open("small", provider="multipass")
    with pytest.raises(ProviderError, match="Choose memory_profile=small") as caught:
        told(lab, force=False)
    assert "with --force" in caught.value.resolution
    assert not lab.folder.made()


def test_nothing_is_told_of_a_lab_that_is_there_or_simulated(told):
    built = Lab.open("built", provider="multipass")
    built.folder.add_made("master")
    assert told(built) == told(Lab.open("pocket")) == ""
