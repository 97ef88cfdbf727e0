"""The site in a browser, opened from a file: found, copied, read on a telephone, printed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.accessibility import violations
from tests.browser.chromium import Page, prefers
from tests.site.example import NAME, TITLE
from tests.site.reading import article, copied

pytestmark = pytest.mark.browser

RESULTS = "[...document.querySelectorAll('#search-results ul.search > li')].map(e => e.innerText)"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
WHITE = "rgb(255, 255, 255)"


def show(page: Page, width: int, scheme: str = "light", media: str = "") -> None:
    page.send("Emulation.setEmulatedMedia", media=media, features=[prefers(scheme)])
    page.send(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 800,
    )


def found(page: Page, site: Path, words: str) -> list[str]:
    """The titles that a search for these words gives."""
    page.open(f"{(site / 'search.html').as_uri()}?q={words}")
    page.wait_for("/[0-9]/.test(document.querySelector('p.search-summary')?.innerText)")
    return list(page.value(RESULTS))


def test_search_works_without_a_server(page: Page, site: Path) -> None:
    assert any("NFS dynamic storage" in title for title in found(page, site, "provisioner"))
    assert "Settings" in found(page, site, "openwhisk_pull_runtimes_first")
    chinese = site / "zh"
    for words in ("虚拟机", "四台虚拟机", "创建", "台"):
        assert any(title.startswith(TITLE) for title in found(page, chinese, words)), words
    assert any(title.startswith("Security") for title in found(page, chinese, "loopback"))
    page.open(f"{(chinese / 'search.html').as_uri()}?q=熊猫")
    page.wait_for("document.querySelector('#search-results').innerText.includes('没有')")
    assert page.value(RESULTS) == []
    assert page.problems == []
    assert [url for url in page.requested if not url.startswith(("file:", "data:"))] == []


COPIES = """
window.given = [];
document.execCommand = () => given.push(document.activeElement.value ?? String(getSelection()));
document.querySelectorAll('button.copybtn').forEach((button) => button.click());
given
"""
"""What every button would put into the clipboard."""


def test_each_button_copies_its_whole_block(page: Page, site: Path) -> None:
    page.open((site / "commands.html").as_uri())
    page.wait_for("document.querySelectorAll('button.copybtn').length > 0")
    names = "[...document.querySelectorAll('button.copybtn')].every(b => b.ariaLabel)"
    assert page.value(names)
    page.mouse("document.querySelector('button.copybtn')")
    page.wait_for("document.querySelector('button.copybtn').classList.contains('success')")
    blocks = [text for _, text in copied(article(site / "commands.html"))]
    assert len(blocks) > 30
    assert [text.strip() for text in page.value(COPIES)] == [text.strip() for text in blocks]


def test_no_page_scrolls_sideways_on_a_telephone(page: Page, site: Path) -> None:
    show(page, 375)
    for path in sorted([*site.glob("*.html"), *site.glob("course/*.html"), site / "zh/index.html"]):
        page.open(path.as_uri())
        assert page.value("document.documentElement.scrollWidth <= innerWidth"), path.name
        reached = (
            "[...document.querySelectorAll('article pre, .wide, .table-wrapper')]"
            ".every(e => e.scrollWidth <= e.clientWidth || e.tabIndex === 0)"
        )
        page.wait_for(reached, 5)


@pytest.mark.npm
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_by_everybody(page: Page, site: Path, axe: str, scheme: str) -> None:
    for name, width in (("commands", 1280), (f"course/{NAME}", 375), ("zh/incidents", 800)):
        show(page, width, scheme)
        page.open((site / f"{name}.html").as_uri())
        page.value("document.querySelectorAll('details').forEach(e => (e.open = true)), true")
        page.value("document.getAnimations().forEach(e => e.finish()), true")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(Path(folder) / f"site-{name.replace('/', '-')}-{scheme}.png")
        assert violations(page, axe) == [], name


def test_it_is_dark_where_one_likes_it_dark(page: Page, site: Path) -> None:
    show(page, 1280, "dark")
    page.open((site / "index.html").as_uri())
    dark = page.value(BACKGROUND)
    assert dark != WHITE
    page.mouse("document.querySelector('.content-icon-container .theme-toggle')")
    page.wait_for(f"{BACKGROUND} !== {dark!r}")
    show(page, 1280, "light")
    page.value("localStorage.clear(), true")
    page.open((site / "settings.html").as_uri())
    assert page.value(BACKGROUND) == WHITE


def test_paper_has_the_text_and_nothing_else(page: Page, site: Path) -> None:
    show(page, 794, "dark", media="print")
    page.open((site / "incidents.html").as_uri())
    closed = "document.querySelectorAll('details:not([open])').length"
    before = page.value(closed)
    assert before > 16
    page.value("dispatchEvent(new Event('beforeprint')), true")
    assert page.value(closed) == 0
    assert page.value(BACKGROUND) == WHITE
    for gone in (".sidebar-drawer", ".toc-drawer", ".mobile-header", ".copybtn", ".related-pages"):
        sizes = f"[...document.querySelectorAll('{gone}')].map(e => e.getClientRects().length)"
        assert set(page.value(sizes)) <= {0}, gone
    style = "getComputedStyle(document.querySelector('.highlight pre')).whiteSpace"
    assert page.value(style) == "pre-wrap"
    blocks = "[...document.querySelectorAll('.highlight pre')]"
    assert page.value(f"{blocks}.every(e => e.scrollWidth <= e.clientWidth + 1)")
    page.value("dispatchEvent(new Event('afterprint')), true")
    assert page.value(closed) == before
