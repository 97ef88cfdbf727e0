"""Incidents: something breaks, and the learner finds out what, with the tools of the trade.

``owlab break NAME`` puts one in; ``owlab incidents`` lists them; the notebook break-and-fix tells
their stories.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from owlab import marks
from owlab.errors import CheckFailed, ConfigError, StepError
from owlab.guide import STEPS
from owlab.incidents import functions, invokers, joining, nodes_and_clients, storage
from owlab.incidents.incident import NAMESPACE, Incident, kubectl
from owlab.lab import Lab, describe
from owlab.language import _, listed
from owlab.step import Check, Evidence
from owlab.teardown import is_done

_AT_ONCE = 4

NOTICED_WITHIN = 60.0
"""Seconds in which the symptom of an incident has to show."""

_TOPICS = (nodes_and_clients, functions, invokers, storage, joining)
INCIDENTS: dict[str, Incident] = {
    incident.name: incident
    for incident in sorted(
        (incident for topic in _TOPICS for incident in topic.INCIDENTS),
        key=lambda incident: incident.level,
    )
}
"""The easy ones first, and of one topic together: the order in which they are met everywhere."""


@dataclass(frozen=True, slots=True)
class Report:
    """How an incident stands.

    :param symptom: whether what the story tells of is healthy again.
    :param cause: whether the fault itself is gone.
    :param rest: whether nothing else is broken.
    """

    symptom: Check
    cause: Check
    rest: Check

    @property
    def mended(self) -> bool:
        """All of it is whole."""
        return self.symptom.done and self.cause.done and self.rest.done


def find(name: str) -> Incident:
    """An incident by its name."""
    if name in INCIDENTS:
        return INCIDENTS[name]
    raise ConfigError(
        brief=_("There is no incident {name!r}.").format(name=name),
        resolution=_("Incidents: {names}.").format(names=listed(INCIDENTS)),
    )


def put_in(lab: Lab, name: str) -> Incident:
    """Break the lab, quietly. What was typed is neither shown nor noted.

    :raises StepError: the lab is not whole, so nobody could tell what was broken; or nothing is to
        be seen of it within :data:`NOTICED_WITHIN` seconds.
    """
    incident = find(name)
    if not lab.provider.has_machines:
        raise ConfigError(
            brief=_("Incidents need the lab's own machines."),
            resolution=_("A cluster that others use is not broken on purpose."),
        )
    whole = _rest(lab)
    if not whole.done:
        raise StepError(
            brief=_("The lab is not whole: an incident would hide behind something else."),
            details=whole.why,
            resolution=_("Mend that first, or `owlab up`."),
        )
    leftovers = kubectl(lab, f"delete namespace {NAMESPACE} --ignore-not-found", timeout=300)
    for command in (leftovers, *incident.breaks(lab)):
        result = lab.read(command)
        if not result:
            raise StepError(
                brief=_("The incident {name} could not be put in.").format(name=name),
                details=describe(result),
                resolution=_("Look whether the lab is whole: `owlab check`."),
            )
    _remember(lab, name)
    marks.note(lab.directory, "incident", name, event="put-in")
    _wait_until_noticed(lab, incident)
    return incident


def _wait_until_noticed(lab: Lab, incident: Incident) -> None:
    """A pod that will crash is ready for a moment: whoever looks now would find nothing wrong."""
    deadline = time.monotonic() + NOTICED_WITHIN
    while incident.symptom(lab).done:
        if time.monotonic() > deadline:
            raise StepError(
                brief=_("The incident {name} is put in, and shows nothing.").format(
                    name=incident.name
                ),
                resolution=_("Look whether the lab is whole: `owlab check`."),
            )
        time.sleep(0.5)


def look(lab: Lab, name: str) -> Report:
    """How an incident stands now: noted, and nothing of the lab is changed."""
    incident = find(name)
    report = Report(incident.symptom(lab), incident.cause(lab), _rest(lab))
    seen = [item.what for item in report.symptom.evidence]
    marks.note(lab.directory, "incident", name, passed=report.mended, evidence=seen)
    return report


def mend(lab: Lab, name: str) -> None:
    """One good repair, shown command by command. It is noted as given up.

    :raises CheckFailed: afterwards something is still broken.
    """
    incident = find(name)
    marks.note(lab.directory, "incident", name, event="given-up")
    for command in incident.mends(lab):
        result = lab.run(command)
        if not result:
            raise StepError(
                brief=_("The repair of {name} failed.").format(name=name), details=describe(result)
            )
    report = look(lab, name)
    if not report.mended:
        missing = next(c for c in (report.symptom, report.cause, report.rest) if not c.done)
        raise CheckFailed(
            brief=_("{name} is not mended yet.").format(name=name), details=missing.why
        )


def active(lab: Lab) -> str:
    """The incident that was put in last; empty when there was none."""
    path = lab.directory / "incident.json"
    return str(json.loads(path.read_text("utf-8"))["name"]) if path.exists() else ""


def _remember(lab: Lab, name: str) -> None:
    lab.folder.make_folder()
    (lab.directory / "incident.json").write_text(json.dumps({"name": name}), "utf-8")


def _rest(lab: Lab) -> Check:
    """Every step of the guide is still done."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = list(pool.map(lambda step: is_done(lab, step), STEPS))
    broken = [step for step, whole in zip(STEPS, done, strict=True) if not whole]
    names = listed(step.heading for step in broken)
    return Check(
        (Evidence(_("every step of the guide is done"), not broken, names or _("all of them")),)
    )


__all__ = ["INCIDENTS", "Incident", "Report", "active", "find", "look", "mend", "put_in"]
