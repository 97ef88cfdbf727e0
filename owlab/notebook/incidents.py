"""Incidents in a notebook: a story, hints in stages, a check, and an explanation afterwards."""

from __future__ import annotations

import os
from html import escape

from owlab import incidents
from owlab.errors import CheckFailed, StepError
from owlab.language import _
from owlab.notebook import page
from owlab.notebook.checks import DONE_NOT_YET, Claim, claim, show_claims
from owlab.notebook.marking import graded_by_nbgrader
from owlab.notebook.mime import INCIDENT
from owlab.notebook.session import current


def incident(name: str) -> None:
    """Break the lab, and tell what people notice. Nothing shows what was done."""
    found = incidents.put_in(current(), name)
    about = _("{name}, level {level} of 3, about {minutes} minutes").format(
        name=name, level=found.level, minutes=found.minutes
    )
    page.show(
        f"<strong>{escape(about)}</strong><p>{page.prose(_(found.story))}</p>",
        f"{about}\n{_(found.story)}",
    )


def check_incident(name: str) -> bool:
    """Whether the cause is gone, the symptom as well, and nothing else was broken."""
    report = incidents.look(current(), name)
    claims = [
        claim(
            report.symptom.evidence[0].what,
            report.symptom.done,
            report.symptom.evidence[0].seen,
            _("Look for the cause. The hints above help."),
        ),
        claim(
            _("the cause is gone"),
            report.cause.done,
            "" if report.cause.done else _("not yet"),
            _("When only the symptom is gone, it comes back."),
        ),
    ]
    if report.cause.done:
        # Before that, this would name the step that the incident broke.
        rest = report.rest.evidence[0]
        claims.append(
            claim(_("nothing else is broken"), rest.ok, rest.seen, _("`owlab check` tells."))
        )
    shown = Claim(_("{name} is mended").format(name=name), report.mended)
    record = {"key": name, "passed": report.mended}
    show_claims([shown, *claims], INCIDENT, record, words=DONE_NOT_YET)
    if graded_by_nbgrader() and not report.mended:
        raise CheckFailed(
            brief=_("{name} is not mended.").format(name=name),
            resolution=_("Look for the cause."),
        )
    return report.mended


def wrap_up(name: str, *, give_up: bool | None = None) -> None:
    """What it was, how one finds it, and where it comes from: when it is mended.

    :param give_up: True repairs it first, and shows how. None does so only where no person is:
        a kernel that Jupyter's server did not start has nobody who could repair it.
    :raises StepError: it is not mended, and you did not give up.
    """
    lab = current()
    if not incidents.look(lab, name).mended:
        alone = "JPY_SESSION_NAME" not in os.environ
        if not (give_up or (give_up is None and alone)):
            raise StepError(
                brief=_("{name} is not mended yet.").format(name=name),
                resolution=_("Take a hint, or give up: wrap_up({name!r}, give_up=True)").format(
                    name=name
                ),
            )
        incidents.mend(lab, name)
    why = _(incidents.find(name).why)
    page.show(f"<p>{page.prose(why)}</p>", why)
