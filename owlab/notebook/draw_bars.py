"""Draws one figure of bars: ``python -P draw_bars.py`` reads what to draw, and prints a picture.

A program of its own, because Matplotlib stays in the memory of whoever imports it: some 40 MB in
each kernel of a class, for a picture that is drawn once.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from typing import Any

_DOTS_PER_INCH = 110


def picture(what: dict[str, Any]) -> bytes:
    """A PNG of :class:`owlab.notebook.plots.Bars`, as plain data."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=(8, what["height"]), layout="constrained")
    axes = figure.subplots()
    for bar in what["bars"]:
        place, begin, length, colour = bar["place"], bar["begin"], bar["length"], bar["colour"]
        if what["upright"]:
            axes.bar(place, length, bottom=begin, color=colour)
        else:
            axes.barh(place, length, left=begin, color=colour)
        if bar["text"]:
            axes.text(begin + length, place, f" {bar['text']}", va="center")
    names = what["names"]
    if what["upright"]:
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_ylabel(what["measure"])
    else:
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_xlabel(what["measure"])
    if what["legend"]:
        marks = [Patch(color=colour, label=name) for name, colour in what["legend"].items()]
        axes.legend(handles=marks, title="start")
    axes.set_title(what["title"])
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=_DOTS_PER_INCH)
    return png.getvalue()


if __name__ == "__main__":
    print(base64.b64encode(picture(json.load(sys.stdin))).decode())
