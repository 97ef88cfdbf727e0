"""Plots show a picture, and say the same in words."""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from owlab import Lab
from owlab.errors import LabError
from owlab.events import Event
from owlab.notebook import plots


def shown(plot: plots.Plot) -> str:
    data, metadata = plot._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"]
    return str(data["text/plain"])


def test_the_timeline_has_each_step_that_did_something(lab: Lab) -> None:
    lab.journal(Event("step-done", "k3s.install_server", "master", text="ready", seconds=2.0))
    lab.journal(Event("step-done", "k3s.join_workers", "worker1", text="ready", seconds=1.0))
    lab.journal(Event("step-skipped", "helm.install", "master", text="is there", seconds=0.01))
    words = shown(plots.timeline(lab))
    assert "k3s.install_server on master: from 0.0 s, 2.0 s long" in words
    assert "helm.install" not in words


def test_an_empty_timeline_is_no_error(lab: Lab) -> None:
    assert shown(plots.timeline(lab)) == "Timeline of the deployment."


def test_cold_and_warm_calls_are_told_apart() -> None:
    now = datetime.now(UTC)
    frame = pd.DataFrame(
        {
            "action": ["hellocli"] * 3,
            "start": ["cold", "warm", "warm"],
            "duration_ms": [90, 3, 5],
            "time": [now + timedelta(seconds=n) for n in range(3)],
        }
    )
    words = shown(plots.starts(frame))
    assert "cold: 1, median 90 ms" in words
    assert "warm: 2, median 4 ms" in words


def test_drawing_leaves_nothing_in_the_kernels_memory(lab: Lab) -> None:
    lab.journal(Event("step-done", "k3s.install_server", "master", text="ready", seconds=2.0))
    line = (
        "import sys, json\n"
        "from owlab.notebook import plots\n"
        "bars = plots.Bars('t', 'm', 2, ['a'], [plots.Bar(0, 0, 1, '#000000')], "
        "legend={'cold': '#000000'})\n"
        "data, _ = plots.Plot(bars, 'w')._repr_mimebundle_()\n"
        "print(len(data['image/png']) > 1000, 'matplotlib' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60)
    assert said.stdout == "True False\n", said.stderr


def test_a_picture_that_cannot_be_drawn_is_said_and_its_words_stay() -> None:
    plot = plots.Plot(plots.Bars("t", "m", -1, ["a"], []), "the words")
    with pytest.raises(LabError, match="could not be drawn") as failed:
        plot._repr_mimebundle_()
    assert failed.value.details
    assert "plot.words" in failed.value.resolution
