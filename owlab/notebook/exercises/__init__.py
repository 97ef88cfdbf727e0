"""Exercises: a task, an empty cell, and a check that looks at the lab.

An exercise that is not solved is no error: the course goes on without it.
"""

from __future__ import annotations

from owlab.errors import CheckFailed, ConfigError, LabError
from owlab.lab import Lab
from owlab.language import _, listed
from owlab.notebook.checks import DONE_NOT_YET, Claim, claim, show_claims
from owlab.notebook.exercises import (
    building,
    cleaning,
    helm,
    invoking,
    joining,
    mounting,
    openwhisk,
    operating,
    provisioning,
    start,
    wsk,
)
from owlab.notebook.exercises.base import Judge, Verdict
from owlab.notebook.marking import graded_by_nbgrader, noted
from owlab.notebook.mime import EXERCISE

JUDGES: dict[str, Judge] = {
    **start.JUDGES,
    **joining.JUDGES,
    **mounting.JUDGES,
    **helm.JUDGES,
    **wsk.JUDGES,
    **provisioning.JUDGES,
    **openwhisk.JUDGES,
    **invoking.JUDGES,
    **building.JUDGES,
    **operating.JUDGES,
    **cleaning.JUDGES,
}


def check_exercise(key: str, answer: object = ..., *, lab: Lab | None = None) -> Verdict:
    """Look whether an exercise is solved: evidence for each part, and what to do about the rest.

    :param key: such as ``06.2``.
    :param answer: for exercises that ask a question; ``...`` means none yet.
    :param lab: None means the notebook's.
    """
    if key not in JUDGES:
        raise ConfigError(
            brief=_("There is no exercise {key!r}.").format(key=key),
            resolution=_("Exercises: {names}.").format(names=listed(JUDGES)),
        )
    from owlab.notebook.session import current

    asked = lab or current()
    verdict = judge(asked, key, answer)
    claims = verdict.claims
    show_claims(
        [
            claim(
                _("exercise {key} is solved").format(key=key), verdict.passed, remedy=verdict.remedy
            ),
            *claims,
        ],
        EXERCISE,
        {"key": key, "passed": verdict.passed},
        words=DONE_NOT_YET,
    )
    noted(asked, "exercise", key, passed=verdict.passed, evidence=verdict.evidence, answer=answer)
    if graded_by_nbgrader() and not verdict:
        raise CheckFailed(
            brief=_("Exercise {key} is not solved.").format(key=key), resolution=verdict.remedy
        )
    return verdict


def judge(lab: Lab, key: str, answer: object = ...) -> Verdict:
    """Look whether an exercise is solved, and tell nobody."""
    try:
        claims = JUDGES[key](lab, answer)
    except LabError as error:
        seen = (error.brief, error.details)
        claims = [Claim(_("the lab can be asked"), False, seen, error.resolution)]
    return Verdict(key, tuple(claims))


__all__ = ["JUDGES", "Verdict", "check_exercise", "judge"]
