"""Exercises of notebook 09."""

from __future__ import annotations

from typing import Any

from owlab.lab import Lab
from owlab.language import _, listed
from owlab.notebook import read
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed
from owlab.steps.kubernetes import items


def _emptied(lab: Lab, answer: Any) -> list[Claim]:
    node = lab.workers[0].lower()
    typed = [
        str(entry.get("command", ""))
        for entry in lab.journal.entries()
        if entry.get("kind") == "command-ended" and entry.get("exit_code") == 0
    ]
    closed = [n["metadata"]["name"] for n in items(lab, "nodes") if n["spec"].get("unschedulable")]
    return [
        claim(
            _("{node} was drained").format(node=node),
            any(f"drain {node}" in text for text in typed),
            _("the lab's journal"),
            _("kubectl drain {node}, in a cell with %%on.").format(node=node),
        ),
        claim(
            _("every node takes new pods"),
            not closed,
            closed or _("no node is cordoned"),
            "kubectl uncordon",
        ),
    ]


def _all_saved(lab: Lab, answer: Any) -> list[Claim]:
    wanted = {
        name
        for name in read.actions(lab)
        if "/" not in name
        and str(read.action(lab, name).get("exec", {}).get("kind", "")).startswith(
            ("nodejs", "python")
        )
    }
    saved = {
        name.rpartition(".")[0]
        for name in printed(lab, lab.master, "find ~/backup-all -type f -size +0").split()
    }
    there = {path.rpartition("/")[2] for path in saved}
    missing = sorted(wanted - there)
    return [
        claim(
            _("each function has its file in ~/backup-all"),
            bool(there) and not missing,
            _("missing: {names}").format(names=listed(missing))
            if missing
            else _("{count} files").format(count=len(wanted)),
            _("wsk action get NAME --save-as NAME.py (or .js), for each."),
        )
    ]


JUDGES = {"09.1": _emptied, "09.2": _all_saved}
