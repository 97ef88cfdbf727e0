"""The first notebook in JupyterLab: cells run, widgets appear, the form writes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owlab import places
from owlab.record import Record

from .chromium import Page
from .conftest import Jupyter

pytestmark = pytest.mark.browser

APP = "window.jupyterapp"
PANEL = f"[...{APP}.shell.widgets('main')][0]"
RUN_ALL = (
    f"({APP}.shell.activateById({PANEL}.id),"
    f" {APP}.commands.execute('notebook:run-all-cells').then(() => true))"
)
IDLE = (
    f"{PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
    f" && {PANEL}.content.widgets.filter(c => c.model.type === 'code')"
    ".every(c => c.model.executionCount > 0)"
)
TEXT = "document.querySelector('.jp-Notebook').innerText"


@pytest.fixture
def notebook(page: Page, jupyter: Jupyter, tmp_path: Path) -> Page:
    page.open(jupyter.notebook("00-start-here"))
    page.wait_for(f"{APP} && {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'", 120)
    # Render every cell, also those out of sight.
    page.value(
        f"{PANEL}.content.notebookConfig = {{...{PANEL}.content.notebookConfig,"
        " windowingMode: 'none'}, true"
    )
    page.value(RUN_ALL)
    try:
        page.wait_for(IDLE, 120)
    finally:
        page.screenshot(Path(os.environ.get("SCREENSHOTS", tmp_path)) / "start-here.png")
    return page


def test_the_first_notebook_works_as_a_learner_sees_it(
    notebook: Page, jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = notebook
    assert page.value("document.querySelectorAll('[data-mime-type*=error]').length") == 0
    shown = page.value(TEXT)
    assert page.value("document.querySelectorAll('.owlab .good').length") >= 2
    assert (
        page.value(
            "[...document.querySelectorAll('.owlab .bad')].some(e => e.innerText === 'FAIL')"
        )
        is False
    )
    assert "This is ubuntu on host." in shown

    # The form: fields with labels, and what the choice costs.
    fields = page.wait_for("document.querySelectorAll('.widget-dropdown select').length")
    assert fields >= 4
    labels = page.value(
        "[...document.querySelectorAll('.widget-inline-hbox .widget-label')].map(l => l.innerText)"
    )
    assert {"provider", "workers", "speed", "mirror", "memory_profile"} <= set(labels)

    # Three workers, saved with the button: the lab has them.
    page.value(
        "(() => { const field = document.querySelector('.widget-text input[type=number]');"
        " field.value = '3'; field.dispatchEvent(new Event('input', {bubbles: true}));"
        " field.dispatchEvent(new Event('change', {bubbles: true})); return true; })()"
    )
    page.wait_for("document.querySelector('.jp-Notebook').innerText.includes('28 GB of memory')")
    page.value(
        "[...document.querySelectorAll('button')].find(b => b.innerText === 'Use these settings')"
        ".click() || true"
    )
    page.wait_for("document.querySelector('.jp-Notebook').innerText.includes('Saved.')")
    monkeypatch.setenv("OWLAB_HOME", str(jupyter.folder.parent / "labs"))
    saved = Record(places.lab_directory("owlab")).settings()
    assert saved is not None
    assert saved["workers"] == 3
