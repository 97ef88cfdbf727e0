"""The playground: it lists what is there, calls it, shows its failure first, saves its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from .chromium import Page
from .conftest import Jupyter
from .notebook import Notebook, errors

pytestmark = pytest.mark.browser

CELL = "07-playground"


def test_functions_are_called_and_changed(page: Page, jupyter: Jupyter, tmp_path: Path) -> None:
    path = jupyter.folder / "07-functions.ipynb"
    text = path.read_text("utf-8")
    path.write_text(text.replace("catch_up: bool = False", "catch_up: bool = True"), "utf-8")
    notebook = Notebook(page, jupyter, "07-functions")
    notebook.run_all(90)
    assert errors(page) == []
    cut = "e => e.scrollWidth > e.clientWidth"
    labels = f"[...{notebook.element(CELL)}.querySelectorAll('.widget-label')]"
    assert page.value(f"{labels}.filter({cut}).map(e => e.innerText)") == []
    code = notebook.field(CELL, "Code")
    page.wait_for(f"({code}).value.includes('Hello, ')")

    notebook.type_into(CELL, "Parameters (JSON)", '{"name": "you"}')
    notebook.click(CELL, "Call")
    assert "warm start" in notebook.wait_for(CELL, "Hello, you!")
    notebook.picture("playground", tmp_path, CELL)

    notebook.type_into(CELL, "Parameters (JSON)", "{name: you}")
    notebook.click(CELL, "Call")
    notebook.wait_for(CELL, "The parameters are not JSON.")

    notebook.type_into(
        CELL, "Code", "function main() { console.log('hm'); throw new Error('no luck'); }"
    )
    notebook.click(CELL, "Save the code")
    notebook.wait_for(CELL, "hellocli is saved")
    notebook.type_into(CELL, "Parameters (JSON)", "{}")
    notebook.click(CELL, "Call")
    shown = notebook.wait_for(CELL, "hellocli failed: ")
    assert shown.index("no luck") < shown.index("hm")
    notebook.picture("playground-fails", tmp_path, CELL)

    answer = (
        "cd ~/functions && printf 'def main(args):\\n    return {}\\n' > one.py"
        " && wsk action update another one.py"
    )
    notebook.run_cell("07-exercise-1-answer", f"%%on master\n{answer}")
    notebook.click(CELL, "Look again")
    notebook.wait_for(CELL, "Functions:")
    options = page.value(f"[...{notebook.field(CELL, 'Function')}.options].map(o => o.innerText)")
    assert {"another", "hellocli", "helloweb"} <= set(options)
