"""Whether a page can be read by everybody: axe-core's judgement of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import npm

from .chromium import Page


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's own code, of npm."""
    modules = npm.install(tmp_path_factory.mktemp("axe"), "axe-core@4")
    return (modules / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(page: Page, axe: str) -> Any:
    """Rule, help and first places of each violation; the page must let scripts in (`look_as`)."""
    page.value(f"{axe}; true")
    return page.value(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v =>"
        " [v.id, v.help, v.nodes.length,"
        " v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + n.failureSummary)]))"
    )
