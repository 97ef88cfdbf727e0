"""Exercises of notebook 04."""

from __future__ import annotations

from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed


def _on_a_worker(lab: Lab, answer: object) -> list[Claim]:
    worker = lab.workers[0]
    seen = printed(lab, worker, "wsk property get --cliversion -o raw")
    return [
        claim(
            _("wsk answers on {worker}").format(worker=worker),
            bool(seen),
            seen or _("command not found"),
            _("The commands of the step, with %%on and that worker's name."),
        )
    ]


def _properties_elsewhere(lab: Lab, answer: object) -> list[Claim]:
    worker = lab.workers[0]
    text = "WSK_CONFIG_FILE=~/empty.wskprops wsk property get --apihost -o raw"
    there = printed(lab, worker, "ls ~/empty.wskprops")
    return [
        claim(
            _("~/empty.wskprops is there"), bool(there), there or _("no such file"), _("Use touch.")
        ),
        claim(
            _("with it, wsk knows where OpenWhisk is"),
            printed(lab, worker, text).startswith(f"{lab.address(lab.master)}:"),
            printed(lab, worker, text) or _("no apihost"),
            _("WSK_CONFIG_FILE=~/empty.wskprops wsk property set --apihost ADDRESS:31001"),
        ),
    ]


JUDGES = {"04.1": _on_a_worker, "04.2": _properties_elsewhere}
