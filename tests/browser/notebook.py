"""A notebook in JupyterLab as a learner uses it: run, read, type into fields, click."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .chromium import Page, wait_until
from .conftest import Jupyter

APP = "window.jupyterapp"
PANEL = f"[...{APP}.shell.widgets('main')].find(w => w.context?.path?.endsWith("
PANEL += "(window.owlabNotebook ?? '') + '.ipynb'))"
"""JupyterLab may restore others too."""
IDLE = (
    f"{PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
    f" && {PANEL}.content.widgets.filter(c => c.model.type === 'code' &&"
    " c.model.sharedModel.source.trim()).every(c => c.model.executionCount > 0)"
)

ERRORS = (
    f"{PANEL}.content.widgets.filter(c => c.model.type === 'code')"
    ".flatMap(c => c.model.outputs.toJSON()).filter(o => o.output_type === 'error')"
    ".map(o => o.traceback.join('\\n'))"
)
"""JupyterLab gives an error the same type as a warning: only the model tells them apart."""


class Notebook:
    """One notebook, open in the browser."""

    def __init__(self, page: Page, jupyter: Jupyter, name: str) -> None:
        self.page = page
        page.open(jupyter.notebook(name))
        page.value(f"window.owlabNotebook = {json.dumps(name)}")
        page.wait_for(f"{APP} && {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'", 120)
        # The kernel may be there before the cells are.
        page.wait_for(f"{PANEL}.content.widgets.length > 1", 60)
        # Render every cell, also those out of sight.
        page.value(
            f"{PANEL}.content.notebookConfig = {{...{PANEL}.content.notebookConfig,"
            " windowingMode: 'none'}, true"
        )

    def run_all(self, seconds: float = 120) -> None:
        """Run every cell, and wait until all have ended."""
        self.page.value(
            f"({APP}.shell.activateById({PANEL}.id),"
            f" {APP}.commands.execute('notebook:run-all-cells').then(() => true))"
        )
        self.page.wait_for(f"({IDLE}) || !!({ERRORS}).length", seconds)
        assert errors(self.page) == []

    def run_cell(self, cell_id: str, source: str | None = None, seconds: float = 60) -> str:
        """Run one cell, after giving it another source; returns what it shows."""
        found = f"{PANEL}.content.widgets.findIndex(c => c.model.id === {json.dumps(cell_id)})"
        change = (
            f"{PANEL}.content.activeCell.model.sharedModel.setSource({json.dumps(source)});"
            if source is not None
            else ""
        )
        self.page.value(
            f"(() => {{ {PANEL}.content.activeCellIndex = {found}; {change}"
            f" window.ran = {APP}.commands.execute('notebook:run-cell'); return true; }})()"
        )
        self.page.value("window.ran.then(() => true)")
        return self.shown(cell_id)

    def element(self, cell_id: str) -> str:
        """JavaScript for a cell's node."""
        return f"{PANEL}.content.widgets.find(c => c.model.id === {json.dumps(cell_id)}).node"

    def shown(self, cell_id: str) -> str:
        """The text of a cell's outputs."""
        return str(
            self.page.value(
                f"[...{self.element(cell_id)}.querySelectorAll('.jp-OutputArea-output')]"
                ".map(e => e.innerText).join('\\n')"
            )
        )

    def field(self, cell_id: str, label: str) -> str:
        """JavaScript for the input of a widget with this label."""
        return (
            f"[...{self.element(cell_id)}.querySelectorAll('.jupyter-widgets')]"
            f".filter(w => w.querySelector(':scope > label')?.innerText === {json.dumps(label)})"
            ".map(w => w.querySelector('input, select, textarea'))[0]"
        )

    def type_into(self, cell_id: str, label: str, value: str) -> None:
        """Change a field as a person does, and leave it."""
        field = self.field(cell_id, label)
        self.page.value(
            f"(() => {{ const field = {field}; const setter = Object.getOwnPropertyDescriptor("
            "Object.getPrototypeOf(field), 'value').set;"
            f" setter.call(field, {json.dumps(value)});"
            " for (const kind of ['input', 'change'])"
            " field.dispatchEvent(new Event(kind, {bubbles: true})); field.blur();"
            " return true; })()"
        )

    def click(self, cell_id: str, text: str) -> None:
        """Click a button of a cell's outputs."""
        found = (
            f"[...{self.element(cell_id)}.querySelectorAll('button')]"
            f".find(b => b.innerText.trim() === {json.dumps(text)})"
        )
        self.page.wait_for(f"!!({found})")
        self.page.value(f"{found}.click() || true")

    def wait_for(self, cell_id: str, text: str, seconds: float = 60) -> str:
        """Wait until a cell shows a text; returns all that it shows."""
        wait_until(lambda: text in self.shown(cell_id), f"{text!r} in {cell_id}", seconds)
        return self.shown(cell_id)

    def theme(self, name: str) -> None:
        """JupyterLab Light, or JupyterLab Dark."""
        command = f"{APP}.commands.execute('apputils:change-theme', {{theme: {json.dumps(name)}}})"
        self.page.value(f"{command}.then(() => true)")

    def picture(self, name: str, fallback: Path, cell_id: str = "") -> None:
        """A screenshot, for whoever reads a failed test, or looks at the course."""
        if cell_id:
            self.page.value(f"{self.element(cell_id)}.scrollIntoView({{block: 'center'}}) || true")
        self.page.screenshot(Path(os.environ.get("SCREENSHOTS", fallback)) / f"{name}.png")


def errors(page: Page) -> Any:
    """The errors that cells show."""
    return page.value(ERRORS)
