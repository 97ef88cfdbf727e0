"""Removing what a lab made: all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from owlab import places
from owlab.errors import CommandError, LabError
from owlab.guide import STEPS, for_lab
from owlab.lab import Lab, describe
from owlab.step import Step


def down(lab: Lab) -> list[str]:
    """Remove exactly what the lab made.

    Machines that the lab created are deleted, by exact name, with everything on them. On machines
    that existed before, each step that the lab carried out is undone, in reverse order: what was
    done already when it came stays.
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
    step = for_lab(lab, step)
    with lab.record.busy():
        return _undo_on(lab, step, step.where(lab.config))


def is_done(lab: Lab, step: Step) -> bool:
    """Whether a step is done; what cannot be looked at any more is not."""
    try:
        return for_lab(lab, step).state(lab).done
    except LabError:
        return False


def undo_if_done(lab: Lab, step: Step) -> bool:
    """Take back a step that is done; False when there was nothing to take back."""
    return is_done(lab, step) and undo(lab, step)


def _undo_on(lab: Lab, step: Step, machines: Sequence[str]) -> bool:
    """All of them, also when the first had nothing to take back."""
    did = [_undo(lab, step, machine) for machine in machines]
    return any(did)


def _undo(lab: Lab, step: Step, machine: str) -> bool:
    did = False
    for command in step.undo(lab, machine) if step.undo else ():
        result = lab.run(command, step.key)
        if not result:
            raise CommandError(
                brief=f"{step.section} {step.title} on {machine} could not be undone.",
                details=describe(result),
                resolution="Correct the cause and try again: what is undone already stays undone.",
            )
        did = True
    lab.record.remove_carried_out(step.key, machine)
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
    removed = []
    for step in (for_lab(lab, step) for step in reversed(STEPS)):
        mine = [machine for key, machine in lab.record.carried_out() if key == step.key]
        if _undo_on(lab, step, mine):
            removed.append(f"{step.section} {step.title}")
    return removed
