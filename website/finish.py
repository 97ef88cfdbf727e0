"""The theme's own words: names for who hears a page, and Chinese where it has only English."""

from __future__ import annotations

import re
from pathlib import Path

from website.words import Words

_LABELS = (
    "Toggle site navigation sidebar",
    "Toggle table of contents sidebar",
    "Toggle Light / Dark / Auto color theme",
)
_ICONS = (
    *("Contents", "Menu", "Expand", "Light mode", "Dark mode"),
    *("Auto light/dark, in light mode", "Auto light/dark, in dark mode"),
)
_NAVIGATION = ("Back to top", "Next", "Previous")
_ON_THIS_PAGE = re.compile(r'(<span class="toc-title">\s*)On this page')


def finish(folder: Path, words: Words) -> None:
    """Mend every page below ``folder``."""
    for path in folder.rglob("*.html"):
        path.write_text(finished(path.read_text("utf-8"), words), "utf-8")


def finished(html: str, words: Words) -> str:
    """A page with all its names, in its language."""
    pairs = {
        # Captions of the navigation are headings of no level, and its drawers have no name.
        '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
        '<aside class="sidebar-drawer">': _named("sidebar-drawer", words("Pages")),
        '<aside class="toc-drawer">': _named("toc-drawer", words("On this page")),
        # What is heard must be what is seen.
        '<summary aria-label="Toggle hidden content">': "<summary>",
        '<div id="search-results"></div>': f"<h1>{words('Search')}</h1>"
        '<div id="search-results" aria-live="polite"></div>',
        **{f'aria-label="{label}"': f'aria-label="{words(label)}"' for label in _LABELS},
        **{f"<title>{label}</title>": f"<title>{words(label)}</title>" for label in _ICONS},
        **{f"<span>{label}</span>": f"<span>{words(label)}</span>" for label in _NAVIGATION},
    }
    for there, wanted in pairs.items():
        html = html.replace(there, wanted)
    return _ON_THIS_PAGE.sub(rf"\g<1>{words('On this page')}", html)


def _named(kind: str, name: str) -> str:
    return f'<aside class="{kind}" aria-label="{name}">'
