"""Exercises of notebook 05."""

from __future__ import annotations

from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.steps.kubernetes import one


def _phase(lab: Lab, name: str) -> tuple[str, str]:
    """The storage class of a claim in the namespace default, and its phase."""
    found = one(lab, f"pvc {name}")
    if found is None:
        return "", _("there is no such claim")
    return str(found["spec"].get("storageClassName", "")), str(found["status"].get("phase", ""))


def _waits(lab: Lab, answer: object) -> list[Claim]:
    kind, phase = _phase(lab, "try-local")
    return [
        claim(
            _("the claim try-local asks for local-path"),
            kind == "local-path",
            kind or phase,
            _("The claim of this notebook, with another name and another class."),
        ),
        claim(
            _("it waits for a pod"),
            phase == "Pending",
            phase,
            _("Nothing may use it in this exercise."),
        ),
    ]


def _first_consumer(lab: Lab, answer: object) -> list[Claim]:
    kind, phase = _phase(lab, "try-local-2")
    volume = one(lab, "pvc try-local-2")
    name = volume["spec"].get("volumeName", "") if volume else ""
    made = one(lab, f"pv {name}") if name else None
    terms = str(made["spec"].get("nodeAffinity", {})) if made else ""
    worker = lab.workers[-1].lower()
    return [
        claim(
            _("try-local-2 is Bound, to local-path"),
            (kind, phase) == ("local-path", "Bound"),
            f"{kind} {phase}".strip(),
            _("A pod that mounts it: then there is a first consumer."),
        ),
        claim(
            _("its data lies on {worker}").format(worker=worker),
            f"'{worker}'" in terms,
            terms or _("no volume yet"),
            _("Put the pod there with nodeSelector: kubernetes.io/hostname: {worker}.").format(
                worker=worker
            ),
        ),
    ]


JUDGES = {"05.1": _waits, "05.2": _first_consumer}
