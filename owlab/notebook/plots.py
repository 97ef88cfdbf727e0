"""Plots, where a plot says it better than a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from owlab import extras
from owlab.errors import LabError
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.notebook import draw_bars, tables
from owlab.notebook.calls import START
from owlab.observed import Row
from owlab.shell import Shell

_COLOURS = {"cold": "#2b6cb0", "warm": "#dd8a1b"}
_PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, at a place of the list of names."""

    place: int
    begin: float
    length: float
    colour: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """What is drawn. The bars lie, or stand upright.

    Its texts are English: whether a picture can have others, whoever draws it finds out.
    """

    title: str
    measure: str
    height: float
    names: list[str]
    bars: list[Bar]
    upright: bool = False
    legend: dict[str, str] = field(default_factory=dict)
    legend_title: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture, and the same in words for whoever does not see it."""

    bars: Bars
    words: str

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = {"image/png": _drawn(self.bars), "text/plain": self.words}
        return shown, {"image/png": {"alt": self.words}}


def timeline(lab: Lab) -> Plot:
    """When each step ran on each machine, and for how long: what ran side by side."""
    done = [row for row in tables.timings(lab).where(what="step") if row["seconds"] > 0.05]
    began = [row["time"] - timedelta(seconds=row["seconds"]) for row in done]
    bars, words = [], []
    for place, (row, begin) in enumerate(zip(done, began, strict=True)):
        start = (begin - min(began)).total_seconds()
        length = float(row["seconds"])
        bars.append(Bar(place, start, length, _COLOURS["cold"], f"{length:.1f} s"))
        words.append(
            _("{step} on {machine}: from {start:.1f} s, {seconds:.1f} s long").format(
                step=row["step"], machine=row["machine"], start=start, seconds=length
            )
        )
    drawn = Bars(
        N_("Timeline of the deployment"),
        N_("seconds since the first step"),
        1.2 + 0.28 * len(done),
        [f"{row['step']} ({row['machine']})" for row in done],
        bars,
    )
    return Plot(drawn, "\n".join([_("Timeline of the deployment."), *words]))


def starts(activations: Iterable[Row]) -> Plot:
    """How long each call took, oldest first; a cold one includes the start of the function.

    :param activations: rows of :func:`owlab.notebook.tables.activations`, or a DataFrame of them.
    """
    ordered = _oldest_first(activations)
    words = [_("Duration of each call, oldest first.")]
    for kind in _COLOURS:
        took = [row["duration_ms"] for row in ordered if row["start"] == kind]
        if took:
            words.append(
                _("{kind}: {count}, median {median:.0f} ms").format(
                    kind=_(START[kind]), count=len(took), median=median(took)
                )
            )
    bars = [
        Bar(place, 0, float(row["duration_ms"]), _COLOURS[row["start"]])
        for place, row in enumerate(ordered)
        if row["start"] in _COLOURS
    ]
    drawn = Bars(
        N_("Cold and warm starts, oldest call first"),
        N_("duration (ms)"),
        3.2,
        [str(row["action"]) for row in ordered],
        bars,
        upright=True,
        legend=_legend(),
        legend_title=N_("start"),
    )
    return Plot(drawn, "\n".join(words))


def calls(activations: Iterable[Row]) -> Plot:
    """Each call from its start to its end, against time: what ran side by side, and what waited.

    :param activations: as in :func:`starts`.
    """
    ordered = _oldest_first(activations)
    words = [_("Each call against time, in seconds after the first.")]
    bars = []
    for place, row in enumerate(ordered):
        at = (row["time"] - ordered[0]["time"]).total_seconds()
        words.append(
            _("{action}, {start}: from {at:.1f}, {duration_ms} ms").format(
                action=row["action"],
                start=_(START.get(row["start"], str(row["start"]))),
                at=at,
                duration_ms=row["duration_ms"],
            )
        )
        if row["start"] in _COLOURS:
            length = float(row["duration_ms"]) / 1000
            bars.append(Bar(place, at, length, _COLOURS[row["start"]]))
    drawn = Bars(
        N_("Calls against time"),
        N_("seconds"),
        1.4 + 0.32 * len(ordered),
        [str(row["action"]) for row in ordered],
        bars,
        legend=_legend(),
        legend_title=N_("start"),
    )
    return Plot(drawn, "\n".join(words))


def _oldest_first(activations: Any) -> list[Row]:
    """Rows as they are, or out of a DataFrame."""
    rows = activations.to_dict("records") if hasattr(activations, "to_dict") else activations
    return sorted(rows, key=lambda row: row["time"])


def _legend() -> dict[str, str]:
    return {START[kind]: colour for kind, colour in _COLOURS.items()}


def _drawn(bars: Bars) -> str:
    """A PNG, encoded."""
    extras.need("plots")
    words = [sys.executable, "-P", str(Path(draw_bars.__file__).resolve())]
    texts = (bars.title, bars.measure, bars.legend_title, *bars.legend)
    told = {**asdict(bars), "translated": {text: _(text) for text in texts}}
    drawn = Shell().run(words, stdin=json.dumps(told).encode(), timeout=_PATIENCE)
    if drawn.exit_code != 0:
        raise LabError(
            brief=_("The picture could not be drawn."),
            details="\n".join(drawn.stderr.splitlines()[-3:]),
            resolution=_("What it shows is in its words: print(plot.words)."),
        )
    return drawn.stdout.strip()
