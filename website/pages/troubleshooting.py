"""What goes wrong: the diagnosis tables of the notebooks, and of README, on one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from website.markdown import relink, section
from website.notebooks import find_cell, title_of
from website.words import Words

_CELL = "trouble"
"""What the ids of those cells end with, in every language."""


def page(readme: str, notebooks: list[Path], words: Words) -> str:
    """README's table first: it is of owlab itself."""
    own = section(readme, words("Troubleshooting")).partition("\n\n")[0]
    title = words("owlab's own")
    return "\n".join([f"## {title}\n", own, "", *_tables(notebooks)])


def _tables(notebooks: list[Path]) -> Iterator[str]:
    for path in notebooks:
        cell = find_cell(path, _CELL)
        if cell is None:
            continue
        _, _, content = str(cell.source).partition("\n")
        yield f"## {title_of(path)}\n"
        yield relink(content.strip(), lambda target: f"course/{target}") + "\n"
