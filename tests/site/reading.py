"""What a page gives to whoever reads or copies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag


@cache
def soup(path: Path) -> BeautifulSoup:
    """Parsed once: nobody changes it."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def article(path: Path) -> Tag:
    """The page's own content."""
    found = soup(path).select_one("article")
    assert found is not None
    return found


def copied(content: Tag) -> Iterator[tuple[str, str]]:
    """Where each command is typed, and what its copy button gives."""
    for block in content.select(".literal-block-wrapper"):
        caption, text = block.select_one(".caption-text"), block.select_one("pre")
        assert caption is not None
        assert text is not None
        if caption.get_text().endswith("$"):
            yield caption.get_text().removesuffix("$"), text.get_text()


def after(content: Tag, heading: str) -> Tag:
    """The section of a heading."""
    for section in content.select("section"):
        title = section.find(["h1", "h2", "h3"], recursive=False)
        if title is not None and title.get_text().removesuffix("¶") == heading:
            return section
    raise LookupError(heading)
