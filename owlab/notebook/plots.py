"""Plots, where a plot says it better than a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from owlab.lab import Lab
from owlab.notebook import tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLOURS = {"cold": "#2b6cb0", "warm": "#dd8a1b"}


def timeline(lab: Lab) -> Figure:
    """When each step ran on each machine, and for how long: what ran side by side."""
    import pandas as pd

    frame = tables.timings(lab)
    done = frame[(frame["what"] == "step") & (frame["seconds"] > 0.05)].copy()
    done["start"] = done["time"] - pd.to_timedelta(done["seconds"], unit="s")
    figure, axes = _figure(height=1.2 + 0.28 * len(done))
    first = done["start"].min()
    for place, (_, row) in enumerate(done.iterrows()):
        start = (row["start"] - first).total_seconds()
        axes.barh(place, row["seconds"], left=start, color=_COLOURS["cold"])
        axes.text(start + row["seconds"], place, f" {row['seconds']:.1f} s", va="center")
    axes.set_yticks(range(len(done)), [f"{r.step} ({r.machine})" for r in done.itertuples()])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel("seconds since the first step")
    axes.set_title("Timeline of the deployment")
    return figure


def starts(activations: pd.DataFrame) -> Figure:
    """Cold against warm: each call's own time and, when cold, the time to start the function."""
    figure, axes = _figure(height=3.2)
    ordered = activations.sort_values("time").reset_index(drop=True)
    for kind, colour in _COLOURS.items():
        part = ordered[ordered["start"] == kind]
        axes.bar(part.index, part["duration_ms"], color=colour, label=kind)
    axes.set_xticks(ordered.index, ordered["action"], rotation=45, ha="right")
    axes.set_ylabel("duration (ms)")
    axes.set_title("Cold and warm starts, oldest call first")
    axes.legend(title="start")
    return figure


def _figure(height: float) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure  # no pyplot: no global state, nothing to close

    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots()
