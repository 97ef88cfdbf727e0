"""What the notebooks call, beside the steps themselves.

Everything shown has a plain text form, so a notebook reads the same without a browser.
"""

from owlab.notebook import tables
from owlab.notebook.checks import Claim, check, claim, prerequisites
from owlab.notebook.exercises import check_exercise
from owlab.notebook.magic import on
from owlab.notebook.moves import goto, undo
from owlab.notebook.session import begin

__all__ = [
    "Claim",
    "begin",
    "check",
    "check_exercise",
    "claim",
    "goto",
    "on",
    "prerequisites",
    "tables",
    "undo",
]
