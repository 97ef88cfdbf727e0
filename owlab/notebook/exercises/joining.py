"""Exercises of notebook 01."""

from __future__ import annotations

from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import answered, printed
from owlab.steps.nfs import parse_exports

REPORTS = "/var/nfs/reports"


def _all_cpus(lab: Lab, answer: object) -> list[Claim]:
    right = sum(machine.cpus for machine in lab.config.machines)
    return answered(answer, right, _("the CPUs of all machines"), _("Add up the column cpus."))


def _allowed_clients(lab: Lab, answer: object) -> list[Claim]:
    given = {str(item) for item in answer} if isinstance(answer, set | list | tuple) else answer
    right = parse_exports(printed(lab, lab.storage, "sudo exportfs -v")).get(lab.config.nfs.path)
    return answered(
        given,
        right,
        _("who may mount the directory"),
        _("A set of addresses, as `sudo exportfs -v` on storage tells them."),
    )


def _read_only_export(lab: Lab, answer: object) -> list[Claim]:
    worker = lab.workers[0]
    known = printed(lab, lab.storage, "sudo exportfs -v")
    clients = parse_exports(known).get(REPORTS, set())
    lines = known.split(REPORTS)[1:]
    options = lines[0].split("\n/")[0] if lines else ""
    return [
        claim(
            _("{path} is exported").format(path=REPORTS),
            bool(clients),
            clients or _("to nobody"),
            _("A directory, a line in /etc/exports, and exportfs -ra."),
        ),
        claim(
            _("to {worker} and nobody else").format(worker=worker),
            clients == {lab.address(worker)},
            clients or _("to nobody"),
            _("One address in the line: that of {worker}.").format(worker=worker),
        ),
        claim(
            _("for reading only"),
            "ro," in options or ",ro" in options,
            options.strip() or _("nothing"),
            _("The option is ro; rw allows writing."),
        ),
    ]


JUDGES = {"01.1": _all_cpus, "01.2": _allowed_clients, "01.3": _read_only_export}
