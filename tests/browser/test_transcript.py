"""Commands in JupyterLab: shown, copied, with and without a clipboard; also those of the past."""

from __future__ import annotations

from pathlib import Path

import pytest

from .chromium import Page
from .conftest import Jupyter
from .notebook import PANEL, Notebook, errors

pytestmark = pytest.mark.browser

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined}), true"
COPIED = (
    "document.addEventListener('copy', () => {"
    " const from = document.activeElement;"
    " window.copied = from.value ?? String(getSelection()); }, true), true"
)


@pytest.fixture
def notebook(page: Page, jupyter: Jupyter) -> Notebook:
    made = Notebook(page, jupyter, "01-vm-cluster")
    made.run_all(180)
    return made


def test_what_is_shown_can_be_copied_anywhere(
    notebook: Notebook, jupyter: Jupyter, tmp_path: Path
) -> None:
    page, step = notebook.page, "01-s14-call"
    assert errors(page) == []
    shown = notebook.shown(step)
    assert "MASTER_IP=$(multipass info master" in shown
    assert "TOKEN=$(multipass exec -n master -- bash -c 'sudo k3s token create --ttl 1h')" in shown
    button = f"{notebook.element(step)}.querySelector('button.copy')"
    text = page.value(f"{button}.closest('.owlab-command').querySelector('code').textContent")
    assert "${TOKEN}" in text
    assert text.index("TOKEN=$(") < text.index("${TOKEN}")

    # Over plain http a page has no clipboard: the old way copies, and says so.
    page.value(NO_CLIPBOARD)
    page.value(COPIED)
    page.mouse(button)
    page.wait_for(f"{button}.innerText === 'Copied'")
    assert page.value("window.copied") == text
    page.wait_for(f"{button}.innerText === 'Copy'")
    notebook.picture("transcript", tmp_path, step)

    # Wide lines scroll; nothing is broken, least of all inside a word.
    for cell in ("01-s12-list", "01-s14-nodes", "01-s15-exports", step):
        styles = page.value(
            f"[...{notebook.element(cell)}.querySelectorAll('.jp-OutputArea-output pre')]"
            ".map(e => [getComputedStyle(e).whiteSpace, getComputedStyle(e).overflowX])"
        )
        assert styles, cell
        assert all(style == ["pre", "auto"] for style in styles), (cell, styles)

    # A second time it is done, and its commands are there, folded.
    notebook.run_cell(step)
    again = notebook.wait_for(step, "already done")
    assert "as they were typed on" in again
    folded = f"{notebook.element(step)}.querySelector('details:not([open]) code').textContent"
    assert "TOKEN=$(" in page.value(folded)
    notebook.picture("transcript-done", tmp_path, step)

    notebook.theme("JupyterLab Dark")
    page.send(
        "Emulation.setDeviceMetricsOverride",
        width=800,
        height=1000,
        deviceScaleFactor=1,
        mobile=False,
    )
    notebook.picture("dark-narrow", tmp_path, "01-check")
    too_wide = page.value(
        f"[...{PANEL}.node.querySelectorAll('.owlab')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 80))"
    )
    assert too_wide == [], "what is wide scrolls by itself, not with the page"

    # The check's own code is folded.
    assert page.value(
        f"{notebook.element('01-check')}.querySelector('.jp-InputPlaceholder') !== null"
    )
