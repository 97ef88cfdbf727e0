"""Exercises of notebook 11 and of whoever cleans up."""

from __future__ import annotations

from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import answered
from owlab.steps.vms import UP_STATES


def _there_and_back(lab: Lab, answer: object) -> list[Claim]:
    worker = lab.workers[-1]
    typed = "\n".join(
        str(entry.get("command", ""))
        for entry in lab.journal.entries()
        if entry.get("kind") == "command-ended" and entry.get("exit_code") == 0
    )
    info = lab.machine_info(worker)
    state = info.state if info else "does not exist"
    steps = (f"multipass delete {worker}", f"multipass recover {worker}")
    seen = [step for step in steps if step in typed]
    return [
        claim(
            _("{worker} was in the recycle bin, and came back").format(worker=worker),
            len(seen) == len(steps),
            seen or _("neither was typed"),
            _("multipass delete (without --purge), then multipass recover."),
        ),
        claim(
            _("{worker} runs").format(worker=worker),
            state in UP_STATES,
            state,
            f"multipass start {worker}",
        ),
    ]


def _what_down_deletes(lab: Lab, answer: object) -> list[Claim]:
    given = set(answer) if isinstance(answer, set | list | tuple) else answer
    return answered(
        given, set(lab.folder.made()), _("what down deletes"), _("Its names: lab.folder.made().")
    )


JUDGES = {"11.1": _there_and_back, "11.2": _what_down_deletes}
