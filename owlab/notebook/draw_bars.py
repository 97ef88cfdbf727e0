"""Draws one figure of bars: ``python -P draw_bars.py`` reads what to draw, and prints a picture.

A program of its own, because Matplotlib stays in the memory of whoever imports it: some 40 MB in
each kernel of a class, for a picture that is drawn once.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 110
_FONTS = (
    # Of a file with several Matplotlib sees the first: of Noto's, the one that is called Japanese.
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Source Han Sans"),
    *("PingFang SC", "PingFang HK", "Hiragino Sans GB"),
    *("Microsoft YaHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei"),
)
"""Fonts for Chinese, as Linux, macOS and Windows have them; plots bring none."""
_LOOKS_CHINESE = re.compile("cjk|sourcehan|wqy|pingfang|hiragino|msyh|simhei", re.IGNORECASE)
"""Their files."""


def picture(what: dict[str, Any]) -> bytes:
    """A PNG of :class:`owlab.notebook.plots.Bars`, as plain data, with its texts translated."""
    import matplotlib

    fonts = chinese_fonts()
    matplotlib.rcParams["font.family"] = [*fonts, "DejaVu Sans"]
    # Without a font for Chinese the texts stay English: better than empty boxes.
    drawn = figure(what, what["translated"] if fonts else {})
    png = io.BytesIO()
    drawn.savefig(png, format="png", dpi=_DOTS_PER_INCH)
    return png.getvalue()


def chinese_fonts() -> list[str]:
    """Fonts of this computer that have Chinese signs."""
    from matplotlib import font_manager

    def known() -> list[str]:
        here = {font.name for font in font_manager.fontManager.ttflist}
        return [name for name in _FONTS if name in here]

    if not known():
        # Matplotlib keeps its list, also when fonts are installed after it was made.
        for path in font_manager.findSystemFonts():
            if _LOOKS_CHINESE.search(Path(path).name):
                with suppress(RuntimeError):  # what it cannot read
                    font_manager.fontManager.addfont(path)
    return known()


def figure(what: dict[str, Any], said: dict[str, str]) -> Figure:
    """The figure.

    :param said: what stands in it in place of a text.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    made = Figure(figsize=(8, what["height"]), layout="constrained")
    axes = made.subplots()
    measure = said.get(what["measure"], what["measure"])
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
        axes.set_ylabel(measure)
    else:
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_xlabel(measure)
    if what["legend"]:
        marks = [
            Patch(color=colour, label=said.get(name, name))
            for name, colour in what["legend"].items()
        ]
        axes.legend(handles=marks, title=said.get(what["legend_title"], what["legend_title"]))
    axes.set_title(said.get(what["title"], what["title"]))
    return made


if __name__ == "__main__":
    print(base64.b64encode(picture(json.load(sys.stdin))).decode())
