"""The first notebook in JupyterLab, in a lab with a name: cells run, every widget is clicked."""

from __future__ import annotations

from pathlib import Path

import pytest

from owlab import places
from owlab.lab_folder import LabFolder

from .chromium import Page
from .conftest import LAB, Jupyter
from .notebook import Notebook, errors

pytestmark = pytest.mark.browser


@pytest.fixture
def notebook(page: Page, jupyter: Jupyter, tmp_path: Path) -> Notebook:
    made = Notebook(page, jupyter, "00-start-here")
    try:
        made.run_all()
    finally:
        made.picture("start-here", tmp_path)
    return made


def test_the_first_notebook_works_as_a_learner_sees_it(
    notebook: Notebook, jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = notebook.page
    assert errors(page) == []
    assert "This is ubuntu on host." in notebook.shown("00-try")
    assert "FAIL" not in notebook.shown("00-check")
    assert LAB in notebook.shown("00-begin")

    assert "Jupyter news" not in page.value("document.body.innerText"), "nobody is asked"

    # The form: fields with labels; only providers that the notebooks can run on.
    form = "00-form"
    for label in ("provider", "workers", "speed", "mirror", "memory_profile"):
        assert page.wait_for(f"!!({notebook.field(form, label)})"), label
    options = page.value(f"[...{notebook.field(form, 'provider')}.options].map(o => o.innerText)")
    assert options == ["pocket", "multipass"]

    # A value that cannot be is refused in words, also when it is saved.
    notebook.type_into(form, "workers", "99")
    refused = notebook.wait_for(form, "less than or equal to 20")
    assert "GB of memory" not in refused
    notebook.click(form, "Use these settings")
    assert "Saved" not in notebook.wait_for(form, "less than or equal to 20")
    notebook.picture("form-refuses", tmp_path, form)

    # A profile brings its number of workers, and says so.
    notebook.type_into(form, "workers", "2")
    notebook.wait_for(form, "22 GB of memory")
    notebook.type_into(form, "memory_profile", "small")
    notebook.wait_for(form, "workers is 1 now")
    notebook.type_into(form, "memory_profile", "guide")
    notebook.wait_for(form, "workers is 2 now")

    # Three workers, saved: the lab on disk has them, and `lab` as well.
    notebook.type_into(form, "workers", "3")
    notebook.wait_for(form, "28 GB of memory")
    notebook.click(form, "Use these settings")
    assert f"Lab '{LAB}'" in notebook.wait_for(form, "Saved.")
    notebook.picture("form-saved", tmp_path, form)
    assert "worker3" in notebook.run_cell("00-machines")
    monkeypatch.setenv("OWLAB_HOME", str(jupyter.folder.parent / "labs"))
    saved = LabFolder(places.lab_directory(LAB)).settings()
    assert saved is not None
    assert saved["workers"] == 3

    # The map looks again, and has the third worker then.
    notebook.click("00-map", "Look again")
    assert "As it was at" in notebook.wait_for("00-map", "worker3")


def test_a_check_before_its_cells_says_which_to_run(notebook: Notebook) -> None:
    answer = notebook.run_cell("00-check", "cost.fits_not\nundefined_here")
    assert "fits_not" in answer
    notebook.run_cell("00-check", "del cost")
    answer = notebook.run_cell("00-check", "check(lab, claim('x', cost.fits))")
    assert "NameError: name 'cost' is not defined" in answer
    assert "Run this cell first, under “Check your work”" in answer
    assert "Traceback" not in answer


def test_a_check_before_anything_else_says_where_to_begin(page: Page, jupyter: Jupyter) -> None:
    notebook = Notebook(page, jupyter, "03-helm")
    answer = notebook.run_cell("03-check")
    assert "NameError: name 'on' is not defined" in answer
    assert "Run this cell first, under “3 Helm”" in answer
    assert "Traceback" not in answer
    assert "[]" in notebook.run_cell(
        "03-version", "[n for n in dir() if 'start' in n or n == 'os']"
    )
