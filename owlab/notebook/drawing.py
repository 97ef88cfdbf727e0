"""Drawings of boxes and arrows as SVG, with a title and a description for who cannot see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

_LINE = 18
_COLOURS = {
    "machine": ("#eef4fb", "#2b5c8a"),
    "part": ("#ffffff", "#57606a"),
    "data": ("#fff6e5", "#8a5a00"),
    "function": ("#eaf7ee", "#1d6b3a"),
    "bad": ("#fdecec", "#a3151c"),
}
"""Fill and edge of each kind; the text is dark on all of them, on a light ground in any theme."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a title and lines below it."""

    key: str
    x: int
    y: int
    width: int
    title: str
    lines: tuple[str, ...] = ()
    kind: str = "part"
    height: int = 0

    @property
    def tall(self) -> int:
        """Its height: as asked, or as its lines need."""
        return self.height or 16 + _LINE * (1 + len(self.lines))


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, with a word."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, arrows, and what they say in words."""

    title: str
    words: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...] = ()

    def texts(self) -> list[str]:
        """What stands in the picture; its description is apart."""
        boxes = [text for box in self.boxes for text in (box.title, *box.lines)]
        return [self.title, *boxes, *(arrow.label for arrow in self.arrows if arrow.label)]

    def translated(self, change: Callable[[str], str], words: str) -> Drawing:
        """The same drawing with its texts changed, and another description."""
        boxes = tuple(
            replace(box, title=change(box.title), lines=tuple(map(change, box.lines)))
            for box in self.boxes
        )
        arrows = tuple(
            replace(arrow, label=arrow.label and change(arrow.label)) for arrow in self.arrows
        )
        return Drawing(change(self.title), words, boxes, arrows)

    def svg(self) -> str:
        """The picture; its size follows from its boxes."""
        width = max(box.x + box.width for box in self.boxes) + 12
        height = max(box.y + box.tall for box in self.boxes) + 12
        known = {box.key: box for box in self.boxes}
        drawn = [_box(box) for box in self.boxes]
        drawn += [_arrow(known[a.start], known[a.end], a.label) for a in self.arrows]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                f'width="{width}" role="img" aria-labelledby="title words">',
                f'<title id="title">{escape(self.title)}</title>',
                f'<desc id="words">{escape(self.words)}</desc>',
                '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
                'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#444c56"/></marker>'
                "</defs>",
                f'<rect width="{width}" height="{height}" rx="8" fill="#fbfcfd"/>',
                *drawn,
                "</svg>",
            ]
        )


def _box(box: Box) -> str:
    fill, edge = _COLOURS[box.kind]
    parts = [
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.tall}" rx="6" '
        f'fill="{fill}" stroke="{edge}" stroke-width="1.5"/>',
        _text(box.x + 10, box.y + 20, box.title, bold=True),
    ]
    parts += [
        _text(box.x + 10, box.y + 20 + _LINE * (number + 1), line)
        for number, line in enumerate(box.lines)
    ]
    return "\n".join(parts)


def _text(x: float, y: float, text: str, bold: bool = False, middle: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    anchor = ' text-anchor="middle"' if middle else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="system-ui, sans-serif" font-size="13" '
        f'fill="#1b1f24"{weight}{anchor}>{escape(text)}</text>'
    )


def _arrow(start: Box, end: Box, label: str) -> str:
    """From edge to edge: sideways when they stand beside one another, else down or up."""
    x1: float
    x2: float
    y1: float
    y2: float
    if start.x + start.width <= end.x or end.x + end.width <= start.x:
        right = start.x < end.x
        x1, x2 = (start.x + start.width, end.x) if right else (start.x, end.x + end.width)
        y1, y2 = start.y + start.tall / 2, end.y + end.tall / 2
    else:
        down = start.y < end.y
        y1, y2 = (start.y + start.tall, end.y) if down else (start.y, end.y + end.tall)
        x1 = x2 = max(start.x, end.x) + min(start.width, end.width) / 2
        x1 = min(x1, start.x + start.width - 8)
        x2 = min(x2, end.x + end.width - 8)
    line = (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="#444c56" '
        'stroke-width="1.5" marker-end="url(#tip)"/>'
    )
    if not label:
        return line
    beside = x1 == x2
    x, y = (x1 + x2) / 2 + (8 if beside else 0), (y1 + y2) / 2 - 6
    return f"{line}\n{_text(x, y, label, middle=not beside)}"
