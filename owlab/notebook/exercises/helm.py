"""Exercises of notebook 03."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed
from owlab.steps.control import control

NAMESPACE = "exercises"


def _history(lab: Lab) -> list[dict[str, Any]]:
    text = f"{control(lab).helm} history hello -n {NAMESPACE} -o json"
    with suppress(json.JSONDecodeError):
        found = json.loads(printed(lab, lab.master, text) or "[]")
        return [dict(item) for item in found]
    return []


def _replicas(lab: Lab) -> tuple[int, int]:
    """Wanted, and ready."""
    text = f"sudo kubectl get deployment hello -n {NAMESPACE} -o json"
    with suppress(json.JSONDecodeError):
        found = json.loads(printed(lab, lab.master, text) or "{}")
        return found.get("spec", {}).get("replicas", 0), found.get("status", {}).get(
            "readyReplicas", 0
        )
    return 0, 0


def _chart_installed(lab: Lab, answer: object) -> list[Claim]:
    wanted, ready = _replicas(lab)
    return [
        claim(
            _("a release hello is there"),
            bool(_history(lab)),
            _("{count} revisions").format(count=len(_history(lab))),
            _("helm create hello, then helm install hello ./hello -n {space}.").format(
                space=NAMESPACE
            ),
        ),
        claim(
            _("two pods of it are ready"),
            (wanted, ready) == (2, 2),
            _("{ready} of {wanted} ready").format(ready=ready, wanted=wanted),
            _("The value is replicaCount: --set replicaCount=2."),
        ),
    ]


def _rolled_back(lab: Lab, answer: object) -> list[Claim]:
    history = _history(lab)
    wanted, _ready = _replicas(lab)
    last = str(history[-1].get("description", "")) if history else ""
    return [
        claim(
            _("there was an upgrade, and a way back"),
            len(history) >= 3 and last.lower().startswith("rollback"),
            [f"{item.get('revision')}: {item.get('description')}" for item in history]
            or _("no release"),
            _("helm upgrade with another replicaCount, then helm rollback hello 1."),
        ),
        claim(
            _("two pods are wanted again"),
            wanted == 2,
            _("{wanted} wanted").format(wanted=wanted),
            "helm rollback",
        ),
    ]


JUDGES = {"03.1": _chart_installed, "03.2": _rolled_back}
