"""Exercises of notebook 09."""

from __future__ import annotations

from owlab import observed
from owlab.command import Command
from owlab.lab import Lab
from owlab.language import _, listed
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed
from owlab.steps import values, wsk
from owlab.steps.kubernetes import items


def _emptied(lab: Lab, answer: object) -> list[Claim]:
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


def _all_saved(lab: Lab, answer: object) -> list[Claim]:
    wanted = {
        name
        for name in observed.actions(lab)
        if "/" not in name
        and str(observed.action(lab, name).get("exec", {}).get("kind", "")).startswith(
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


def _rotated(lab: Lab, answer: object) -> list[Claim]:
    space, release = lab.config.openwhisk.namespace, lab.config.openwhisk.release
    secret = f"sudo kubectl -n {space} get secret {release}-whisk.auth"
    installed = f"{secret} -o jsonpath='{{.data.guest}}' | base64 -d"

    def holds(test: str) -> bool:
        # The keys stay on the machine: what comes back is yes or no.
        text = f". {values.directory(lab)}/keys.env && {test}"
        return bool(lab.read(Command(text, on=lab.master)))

    return [
        claim(
            _("guest has another key than the one that was installed"),
            holds(f'[ "$GUEST_KEY" != "$({installed})" ]'),
            "keys.env",
            "wskadmin user create guest --revoke",
        ),
        claim(
            _("OpenWhisk knows the key in keys.env"),
            holds(f'{wsk.program(lab)} --auth "$GUEST_KEY" action list'),
            "wsk action list",
            _("Write the new key into keys.env: GUEST_KEY=..."),
        ),
        claim(
            _("mycluster.yaml has it"),
            holds(f'grep -qF "guest: \\"$GUEST_KEY\\"" {values.directory(lab)}/mycluster.yaml'),
            "guest:",
            _("Change its line `guest:`, below `auth:`."),
        ),
        claim(
            _("wsk uses it"),
            holds(f'[ "$({wsk.unverified(lab)} property get --auth -o raw)" = "$GUEST_KEY" ]'),
            "wsk property get --auth",
            'wsk property set --auth "$new"',
        ),
    ]


JUDGES = {"09.1": _emptied, "09.2": _all_saved, "09.3": _rotated}
