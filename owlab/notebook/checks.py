"""The cells that check your work: PASS or FAIL, the evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from typing import Any

from owlab.diagnosis import diagnose
from owlab.errors import CheckFailed, LabError, StepError
from owlab.events import Event
from owlab.guide import for_lab, ordered, section_number
from owlab.guided import GuidedLab
from owlab.lab import Lab
from owlab.language import N_, _, pair
from owlab.notebook import page
from owlab.notebook.mime import CHECK
from owlab.redact import redact
from owlab.step import Step

_AT_ONCE = 4
PASS_FAIL = (N_("PASS"), N_("FAIL"))
DONE_NOT_YET = (N_("DONE"), N_("NOT YET"))


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that should be so, whether it is, and how one can tell."""

    title: str
    passed: bool
    evidence: tuple[str, ...] = ()
    remedy: str = ""


def claim(title: str, passed: object, evidence: Any = "", remedy: str = "") -> Claim:
    """A claim of the notebook's own; its texts are shown in the language of the moment.

    :param passed: anything; it holds when it is true.
    :param evidence: what was seen: a text, or several.
    :param remedy: what to do when it does not hold.
    """
    several = isinstance(evidence, list | tuple | set)
    items: Sequence[Any] = sorted(evidence) if isinstance(evidence, set) else evidence
    seen = tuple(_(text) for item in (items if several else (evidence,)) if (text := str(item)))
    return Claim(_(title), bool(passed), seen, _(remedy))


def check(lab: Lab, *things: Step | Claim) -> None:
    """Check steps, and claims, against the world as it is now; show and record the result.

    :raises CheckFailed: one of them does not hold; all were looked at.
    """
    claims = [thing if isinstance(thing, Claim) else _of_step(lab, thing) for thing in things]
    show_claims(claims, CHECK, {})
    for thing, found in zip(things, claims, strict=True):
        if isinstance(thing, Step):
            lab.journal(Event("step-found" if found.passed else "step-missing", thing.key))
    failed = [item for item in claims if not item.passed]
    if failed:
        raise CheckFailed(
            brief=_("{count} of {total} checks failed: {title}.").format(
                count=len(failed), total=len(claims), title=failed[0].title
            ),
            details="\n".join(failed[0].evidence),
            resolution=failed[0].remedy,
        )


def prerequisites(lab: GuidedLab, section: str, *, catch_up: bool = False) -> None:
    """Look whether everything before ``section`` is done, and do it if that is wanted.

    :param catch_up: carry out what is missing: for whoever arrives late.
    :raises StepError: something is missing, and is not to be done here.
    """
    before = [s for s in ordered() if section_number(s.section)[0] < int(section)]
    missing = _not_done(lab, before)
    if missing and catch_up:
        lab.up(to=str(int(section) - 1))
        missing = _not_done(lab, before)
    if missing:
        names = "\n".join(pair(step.heading, why) for step, why in missing)
        raise StepError(
            brief=_("Section {section} needs sections that are not done yet.").format(
                section=section
            ),
            details=names,
            resolution=(
                _(
                    "Work through the notebooks before this one, or let them be done for "
                    "you: lab.up(to='{last}')"
                ).format(last=int(section) - 1)
            ),
        )
    text = _("Everything before section {section} is done ({count} steps).").format(
        section=section, count=len(before)
    )
    page.show(f'<span class="good">{text}</span>', text)


def _not_done(lab: Lab, steps: list[Step]) -> list[tuple[Step, str]]:
    """Those that are not done, and why; looked at side by side, since each asks a machine."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        whys = list(pool.map(lambda step: _missing(lab, step), steps))
    return [(step, why) for step, why in zip(steps, whys, strict=True) if why]


def _missing(lab: Lab, step: Step) -> str:
    """Why it is not done; empty when it is. What cannot be asked is not done either."""
    try:
        state = for_lab(lab, step).state(lab)
    except LabError as error:
        return error.brief
    return "" if state.done else state.why or _("nothing of it was seen")


def _of_step(lab: Lab, given: Step) -> Claim:
    step = for_lab(lab, given)
    try:
        seen = step.state(lab)
    except LabError as error:
        return Claim(step.heading, False, (error.brief, error.details), error.resolution)
    evidence = tuple(f"{'✓' if item.ok else '✗'} {item.said}" for item in seen.evidence)
    if not seen.done:
        evidence += _diagnosis(lab, step)
    remedy = _("Run {key}(lab) again; it does only what is missing.").format(key=step.key)
    return Claim(step.heading, seen.done, evidence, remedy)


def _diagnosis(lab: Lab, step: Step) -> tuple[str, ...]:
    """What is to be seen on the first machine where the step is not done."""
    for machine in step.where(lab.config):
        if not step.check(lab, machine).done:
            return tuple(diagnose(lab, step, machine).splitlines())
    return ()


def _is_told(remedy: str, claims: Sequence[Claim]) -> bool:
    """One of these says it beside what is missing: the summary above them need not."""
    return any(item.remedy == remedy and not item.passed for item in claims)


def show_claims(
    claims: Sequence[Claim],
    kind: str,
    more: dict[str, Any],
    words: tuple[str, str] = PASS_FAIL,
) -> None:
    """Show claims as a table and as text, and record them under a kind of record."""
    records: list[dict[str, Any]] = [
        {
            "title": item.title,
            "passed": item.passed,
            "evidence": [redact(line) for line in item.evidence if line],
            "remedy": item.remedy,
        }
        for item in claims
    ]
    rows, lines = [], []
    for item, record in zip(claims, records, strict=True):
        mark = _(words[0] if item.passed else words[1])
        seen = record["evidence"]
        remedy = "" if item.passed else item.remedy
        shown = [escape(line) for line in seen]
        if remedy and not (item is claims[0] and _is_told(remedy, claims[1:])):
            shown.append(f"<strong>{escape(_('What to do:'))}</strong> {page.prose(remedy)}")
        style = "good" if item.passed else "bad"
        rows.append(
            (f'<span class="{style}">{mark}</span>', page.prose(item.title), "<br>".join(shown))
        )
        lines.append(f"{mark}  {item.title}")
        lines += [f"      {line}" for line in seen]
        lines += [f"      {_('What to do:')} {remedy}"] if remedy else []
    html = page.table(("", _("Check"), _("Evidence")), rows)
    page.show(html, "\n".join(lines), {kind: {**more, "checks": records}})
