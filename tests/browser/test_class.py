"""The page of a class in a browser: it fetches nothing, and everybody can read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owlab.classroom.journals import LastFailure
from owlab.classroom.page import page as class_page
from owlab.classroom.rows import Row

from .accessibility import violations
from .chromium import Page

pytestmark = pytest.mark.browser

TIME = "2026-01-01T10:00:00+00:00"
LONG = "master$ " + "helm_upgrade_" * 30


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [
        Row(
            "ann", "owlab", "pocket", "5", 9, LastFailure(TIME, LONG, False), ["00.1"], ["no-room"]
        ),
        Row("bo", "owlab", "pocket", "all done", 15, LastFailure(TIME, "1.2 x: y", True)),
        Row("cy", notes=["labs: it may not be read"]),
    ]
    rows[0].memory, rows[0].active = 240 << 20, TIME
    path = tmp_path / "class.html"
    path.write_text(class_page(rows), "utf-8")
    return path


@pytest.mark.npm
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_class_can_be_read_by_everybody(
    page: Page, tmp_path: Path, axe: str, file: Path, width: int, scheme: str
) -> None:
    page.look_as(scheme, width)
    page.open(file.as_uri())
    page.screenshot(Path(os.environ.get("SCREENSHOTS", tmp_path)) / f"class-{scheme}-{width}.png")
    assert violations(page, axe) == []
    assert page.value("document.documentElement.scrollWidth <= innerWidth + 1"), (
        "no sideways scroll"
    )
    assert [url for url in page.requested if not url.startswith(("file:", "data:"))] == []
