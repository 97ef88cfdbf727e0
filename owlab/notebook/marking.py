"""Marks of a notebook: noted where the teacher's table finds them, and told to nbgrader."""

from __future__ import annotations

import os
from typing import Any

from owlab import marks
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook import page


def noted(lab: Lab, kind: marks.Kind, key: str, **mark: Any) -> None:
    """Note a mark; what cannot be noted is said, since it is work of the learner's."""
    try:
        marks.note(lab.directory, kind, key, **mark)
    except OSError as error:
        text = _("This was not noted for the teacher's table: {why}: {file}").format(
            why=error.strerror, file=error.filename
        )
        page.show(f'<span class="bad">{page.prose(text)}</span>', text)


def graded_by_nbgrader() -> bool:
    """Whether nbgrader runs this notebook: there, a check that does not hold is an error.

    It gives a cell all its points when that ends without one.
    """
    return os.environ.get("NBGRADER_EXECUTION", "") in ("autograde", "validate")
