"""Plots, where a plot says it better than a table."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from owlab import extras
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.notebook import tables
from owlab.notebook.calls import START

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLOURS = {"cold": "#2b6cb0", "warm": "#dd8a1b"}
_DOTS_PER_INCH = 110
_FONTS = (
    *("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei"),
)
"""Fonts for Chinese, as Linux, macOS and Windows have them; plots bring none."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure, and the same in words for whoever does not see it."""

    figure: Figure
    words: str

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # Without pyplot and its state, IPython does not know how to show a figure.
        png = io.BytesIO()
        self.figure.savefig(png, format="png", dpi=_DOTS_PER_INCH)
        image = base64.b64encode(png.getvalue()).decode()
        shown = {"image/png": image, "text/plain": self.words}
        return shown, {"image/png": {"alt": self.words}}


def timeline(lab: Lab) -> Plot:
    """When each step ran on each machine, and for how long: what ran side by side."""
    extras.need("plots")
    import pandas as pd

    frame = tables.timings(lab)
    done = frame[(frame["what"] == "step") & (frame["seconds"] > 0.05)].copy()
    done["start"] = done["time"] - pd.to_timedelta(done["seconds"], unit="s")
    figure, axes = _figure(height=1.2 + 0.28 * len(done))
    words = []
    for place, (_index, row) in enumerate(done.iterrows()):
        start = (row["start"] - done["start"].min()).total_seconds()
        axes.barh(place, row["seconds"], left=start, color=_COLOURS["cold"])
        axes.text(start + row["seconds"], place, f" {row['seconds']:.1f} s", va="center")
        words.append(
            _("{step} on {machine}: from {start:.1f} s, {seconds:.1f} s long").format(
                step=row["step"], machine=row["machine"], start=start, seconds=row["seconds"]
            )
        )
    names = [f"{row['step']} ({row['machine']})" for _index, row in done.iterrows()]
    axes.set_yticks(range(len(done)), names)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel(_drawn(N_("seconds since the first step")))
    axes.set_title(_drawn(N_("Timeline of the deployment")))
    return Plot(figure, "\n".join([_("Timeline of the deployment."), *words]))


def starts(activations: pd.DataFrame) -> Plot:
    """How long each call took, oldest first; a cold one includes the start of the function."""
    figure, axes = _figure(height=3.2)
    ordered = activations.sort_values("time").reset_index(drop=True)
    words = [_("Duration of each call, oldest first.")]
    for kind, colour in _COLOURS.items():
        part = ordered[ordered["start"] == kind]
        axes.bar(part.index, part["duration_ms"], color=colour, label=_drawn(START[kind]))
        if len(part):
            words.append(
                _("{kind}: {count}, median {median:.0f} ms").format(
                    kind=_(START[kind]), count=len(part), median=part["duration_ms"].median()
                )
            )
    axes.set_xticks(ordered.index, ordered["action"], rotation=45, ha="right")
    axes.set_ylabel(_drawn(N_("duration (ms)")))
    axes.set_title(_drawn(N_("Cold and warm starts, oldest call first")))
    axes.legend(title=_drawn(N_("start")))
    return Plot(figure, "\n".join(words))


def calls(activations: pd.DataFrame) -> Plot:
    """Each call from its start to its end, against time: what ran side by side, and what waited."""
    ordered = activations.sort_values("time").reset_index(drop=True)
    first = ordered["time"].min()
    begin = (ordered["time"] - first).dt.total_seconds()
    figure, axes = _figure(height=1.4 + 0.32 * len(ordered))
    words = [_("Each call against time, in seconds after the first.")]
    for kind, colour in _COLOURS.items():
        part = ordered["start"] == kind
        seconds = ordered["duration_ms"][part] / 1000
        axes.barh(
            part[part].index, seconds, left=begin[part], color=colour, label=_drawn(START[kind])
        )
    for place, row in ordered.iterrows():
        at = begin[place]
        words.append(
            _("{action}, {start}: from {at:.1f}, {duration_ms} ms").format(
                action=row["action"],
                start=_(START[row["start"]]),
                at=at,
                duration_ms=row["duration_ms"],
            )
        )
    axes.set_yticks(ordered.index, ordered["action"])
    axes.invert_yaxis()
    axes.set_xlabel(_drawn(N_("seconds")))
    axes.set_title(_drawn(N_("Calls against time")))
    axes.legend(title=_drawn(N_("start")))
    return Plot(figure, "\n".join(words))


def _figure(height: float) -> tuple[Figure, Any]:
    import matplotlib
    from matplotlib.figure import Figure  # a second to import: only where a plot is shown

    matplotlib.rcParams["font.family"] = [*_chinese_fonts(), "DejaVu Sans"]
    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots()


def _drawn(text: str) -> str:
    """A text in a plot. Without a font for Chinese it stays English: better than empty boxes."""
    return _(text) if _chinese_fonts() else text


@cache
def _chinese_fonts() -> tuple[str, ...]:
    """Fonts of this computer that have Chinese signs."""
    from matplotlib.font_manager import fontManager

    here = {font.name for font in fontManager.ttflist}
    return tuple(name for name in _FONTS if name in here)
