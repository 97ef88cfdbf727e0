"""Removing what a lab made: all of it, and nothing else."""

from __future__ import annotations

from owlab import places
from owlab.errors import CommandError
from owlab.guide import STEPS
from owlab.lab import Lab, describe
from owlab.step import Step


def down(lab: Lab) -> list[str]:
    """Remove exactly what the lab made.

    Machines that the lab created are deleted, by exact name, with everything on them. On machines
    that existed before, each step is undone, in reverse order.
    :returns: a sentence for each thing that was removed.
    :raises CommandError: something could not be removed; what was is forgotten already.
    """
    with lab.record.busy():
        removed = _delete_machines(lab) if lab.provider.creates_machines else _undo_everything(lab)
    lab.provider.close()
    places.remove(lab.directory)
    return removed


def undo(lab: Lab, step: Step) -> bool:
    """Take one step back on all its machines; False when there is nothing to take back."""
    if step.undo is None:
        return False
    did = False
    for machine in step.where(lab.config):
        for command in step.undo(lab, machine):
            result = lab.run(command, step.key)
            if not result:
                raise CommandError(
                    brief=f"{step.section} {step.title} on {machine} could not be undone.",
                    details=describe(result),
                )
            did = True
    return did


def _delete_machines(lab: Lab) -> list[str]:
    removed = []
    for name in reversed(lab.record.made()):
        if lab.machine_info(name) is not None:
            result = lab.run(lab.provider.delete([name]))
            if not result and lab.machine_info(name) is not None:
                raise CommandError(
                    brief=f"The machine {name} could not be deleted.",
                    details=describe(result),
                    resolution="Run `owlab down` again; machines that are gone stay gone.",
                )
            removed.append(f"machine {name}")
        lab.record.remove_made(name)
    return removed


def _undo_everything(lab: Lab) -> list[str]:
    return [f"{step.section} {step.title}" for step in reversed(STEPS) if undo(lab, step)]
