"""Removing what a lab made: all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from owlab import places, settings
from owlab.config import LabConfig
from owlab.errors import CommandError, DamagedFolder, LabError
from owlab.guide import STEPS, for_lab
from owlab.lab import Lab, describe
from owlab.lab_folder import LabFolder
from owlab.language import _
from owlab.machines import has_pocket_lab, provider_for
from owlab.step import Step


def open_to_remove(name: str, overrides: Mapping[str, Any] | None = None) -> Lab:
    """The lab as it was saved, for :func:`down`. Writes nothing, and starts nothing.

    Whatever state its files are in: a pocket lab is all in its folder, and needs none of them.

    :param overrides: settings to go by where the saved ones are lost.
    :raises LabError: it is lost what the lab is, and machines may be left that only it knew.
    """
    directory = places.lab_directory(name)
    if has_pocket_lab(directory):
        config = LabConfig(name=name)
        with suppress(LabError):
            saved = LabFolder(directory).settings() or {}
            config = settings.load({"name": name}, saved=saved, environment={})
    else:
        config = _settings_of_real_machines(name, overrides or {})
    return Lab(config, directory, provider_for(config, directory))


def _settings_of_real_machines(name: str, overrides: Mapping[str, Any]) -> LabConfig:
    folder = LabFolder(places.lab_directory(name))
    try:
        saved = folder.settings()
        if saved is not None:
            return settings.load({"name": name}, saved=saved, environment={})
        if not overrides and not folder.is_built:
            return LabConfig(name=name)  # nothing but an empty folder
    except LabError:
        if not overrides:
            raise
    if not overrides:
        raise DamagedFolder(
            brief=_("The settings of the lab {name!r} are lost.").format(name=name),
            resolution=_(
                "Say what it is, to remove it: `owlab down --provider P --set NAME VALUE`."
            ),
        )
    return settings.load({**overrides, "name": name}, environment={})


def down(lab: Lab) -> list[str]:
    """Remove exactly what the lab made.

    Machines that the lab created are deleted, by exact name, with everything on them. On machines
    that existed before, each step that the lab carried out is undone, in reverse order: what was
    done already when it came stays. A pocket lab goes as a whole, whatever state it is in.
    :returns: a sentence for each thing that was removed.
    :raises CommandError: something could not be removed; what was is forgotten already.
    """
    with lab.folder.busy():
        if lab.provider.is_all_in_its_folder:
            removed = _machines_made(lab)
        elif lab.provider.creates_machines:
            removed = _delete_machines(lab)
        else:
            removed = _undo_everything(lab)
    lab.provider.close()
    try:
        places.remove(lab.directory)
        places.remove(places.kept_directory(lab.directory.name))
    except OSError as error:
        raise LabError(
            brief=_("The lab's folder {directory} could not be removed.").format(
                directory=lab.directory
            ),
            details=f"{error.strerror}: {error.filename}",
            resolution=_("See who owns what is in it; its machines are gone."),
        ) from None
    return removed


def _machines_made(lab: Lab) -> list[str]:
    with suppress(DamagedFolder):
        return [_("machine {name}").format(name=name) for name in reversed(lab.folder.made())]
    return [_("its machines")]


def undo(lab: Lab, step: Step) -> bool:
    """Take one step back on all its machines; False when there is nothing to take back."""
    step = for_lab(lab, step)
    with lab.folder.busy():
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
                brief=_("{step} on {machine} could not be undone.").format(
                    step=step.heading, machine=machine
                ),
                details=describe(result),
                resolution=_(
                    "Correct the cause and try again: what is undone already stays undone."
                ),
            )
        did = True
    lab.folder.remove_carried_out(step.key, machine)
    return did


def _delete_machines(lab: Lab) -> list[str]:
    removed = []
    for name in reversed(lab.folder.made()):
        if lab.machine_info(name) is not None:
            result = lab.run(lab.provider.delete([name]))
            if not result and lab.machine_info(name) is not None:
                raise CommandError(
                    brief=_("The machine {name} could not be deleted.").format(name=name),
                    details=describe(result),
                    resolution=_("Run `owlab down` again; machines that are gone stay gone."),
                )
            removed.append(_("machine {name}").format(name=name))
        with suppress(LabError):  # a full disk: the folder goes in the end
            lab.folder.remove_made(name)
    return removed


def _undo_everything(lab: Lab) -> list[str]:
    removed = []
    for step in (for_lab(lab, step) for step in reversed(STEPS)):
        mine = [machine for key, machine in lab.folder.carried_out() if key == step.key]
        if _undo_on(lab, step, mine):
            removed.append(step.heading)
    return removed
