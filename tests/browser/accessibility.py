"""What axe-core has against a page."""

from __future__ import annotations

from typing import Any

from .chromium import Page


def violations(page: Page, axe: str) -> Any:
    """Rule, help and first places of each violation; the page must let scripts in (`look_as`)."""
    page.value(f"{axe}; true")
    return page.value(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v =>"
        " [v.id, v.help, v.nodes.length,"
        " v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + n.failureSummary)]))"
    )
