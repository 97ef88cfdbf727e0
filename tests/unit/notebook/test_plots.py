"""Plots show a picture, and say the same in words."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from owlab import Lab
from owlab.errors import LabError
from owlab.events import Event
from owlab.notebook import draw_bars, plots
from owlab.notebook.lab_table import LabTable
from owlab.shell import Shell


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
    rows: Any = frame.to_dict("records")
    shapes: list[Any] = [frame, rows, LabTable(list(rows[0]), rows)]
    for calls in shapes:
        words = shown(plots.starts(calls))
        assert "cold: 1, median 90 ms" in words
        assert "warm: 2, median 4 ms" in words


def test_calls_against_time_begin_with_the_oldest() -> None:
    now = datetime.now(UTC)
    rows = [
        {"action": "nap", "start": "warm", "duration_ms": 30, "time": now + timedelta(seconds=2)},
        {"action": "nap", "start": "cold", "duration_ms": 900, "time": now},
    ]
    words = shown(plots.calls(rows)).splitlines()
    assert words[1:] == ["nap, cold: from 0.0, 900 ms", "nap, warm: from 2.0, 30 ms"]


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


@pytest.mark.parametrize(("fonts", "title"), [(["DejaVu Sans"], "appels"), ([], "calls")])
def test_a_picture_is_translated_only_where_a_font_for_it_is(
    fonts: list[str], title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    draw = draw_bars.figure

    def drawn(*given: Any) -> Figure:
        made.append(draw(*given))
        return made[-1]

    monkeypatch.setattr(draw_bars, "chinese_fonts", lambda: fonts)
    monkeypatch.setattr(draw_bars, "figure", drawn)
    what = asdict(plots.Bars("calls", "s", 2, ["a"], [], legend={"cold": "#000000"}))
    draw_bars.picture({**what, "translated": {"calls": "appels", "cold": "à froid"}})
    (axes,) = made[0].axes
    assert axes.get_title() == title
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_texts()[0].get_text() == ("à froid" if fonts else "cold")


def test_a_font_that_was_installed_later_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matplotlib keeps the list that it made when it was first used."""
    mono = Path(font_manager.findfont("DejaVu Sans Mono"))
    shutil.copy(mono, tmp_path / "NotoSansCJK-Regular.ttc")
    (tmp_path / "wqy-broken.ttc").write_bytes(b"no font")
    later = [str(path) for path in tmp_path.iterdir()]
    older = [f for f in font_manager.fontManager.ttflist if f.name != "DejaVu Sans Mono"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", older)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [*later, str(mono)])
    monkeypatch.setattr(draw_bars, "_FONTS", ("DejaVu Sans Mono",))
    assert draw_bars.chinese_fonts() == ["DejaVu Sans Mono"]
    added = {f.fname for f in font_manager.fontManager.ttflist if f.name == "DejaVu Sans Mono"}
    assert added == {str(tmp_path / "NotoSansCJK-Regular.ttc")}


def test_whoever_draws_is_told_the_texts_of_the_language(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    class Told(Shell):
        def run(self, *words: Any, **options: Any) -> Any:
            told.append(json.loads(options["stdin"]))
            return super().run(*words, **options)

    monkeypatch.setenv("OWLAB_LANG", "zh")
    monkeypatch.setattr(plots, "Shell", Told)
    data, _metadata = plots.timeline(lab)._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert told[0]["translated"]["Timeline of the deployment"] == "部署时间线"
