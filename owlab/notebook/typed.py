"""What a step typed on a machine when it was carried out; else what it would type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from owlab.command import Command
from owlab.errors import LabError
from owlab.journal import variables_of
from owlab.lab import Lab
from owlab.language import _
from owlab.redact import redact
from owlab.step import Step


@dataclass(frozen=True, slots=True)
class Typed:
    """Commands of the past, or of a plan.

    :param when: the local time at which the last of them ended; empty for a plan.
    """

    commands: tuple[Command, ...]
    when: str = ""

    @property
    def about(self) -> str:
        """One line for people."""
        if not self.commands:
            return _("There is nothing to type.")
        if self.when:
            return _("Its commands, as they were typed on {when}").format(when=self.when)
        return _("Its commands: this lab did not type them, it found them done")


def typed(lab: Lab, step: Step, machine: str) -> Typed:
    """From the journal, which knows what this lab did; else planned, which types nothing."""
    last = _last_run(lab.journal.entries(), step.key, machine)
    if last:
        ended = datetime.fromisoformat(last[-1]["time"]).astimezone()
        commands = (
            Command(entry["command"], on=entry["machine"], variables=variables_of(entry))
            for entry in last
        )
        return Typed(tuple(commands), f"{ended:%Y-%m-%d %H:%M}")
    planned = Lab(lab.config, lab.directory, lab.provider, planning=True)
    try:
        return Typed(tuple(_without_secrets(item) for item in step.commands(planned, machine)))
    except LabError:
        # What cannot be planned now, such as without its inventory, is not shown.
        return Typed(())


def _last_run(entries: list[dict[str, Any]], key: str, machine: str) -> list[dict[str, Any]]:
    """The commands of the newest run that reached the end of the step there."""
    found: list[dict[str, Any]] = []
    run: list[dict[str, Any]] = []
    for entry in entries:
        if entry.get("step") != key:
            continue
        if entry["kind"] == "command-ended" and entry.get("unit") == machine:
            run.append(entry)
        elif entry["kind"] != "command-ended" and entry.get("machine") == machine:
            if entry["kind"] == "step-done":
                found = run
            run = []
    return found


def _without_secrets(command: Command) -> Command:
    return Command(redact(command.text), on=command.on, variables=command.variables)
