"""The steps where the machines exist already: nobody makes, starts or deletes them here.

Only sections 1.1 and 1.2 differ. From 1.3 on the same is typed as on machines of Multipass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from owlab.command import Command
from owlab.lab import Lab
from owlab.language import _
from owlab.step import Check, Evidence, Step
from owlab.steps import vms
from owlab.steps.undoing import nothing


def reach(lab: Lab, name: str) -> Iterator[Command]:
    """What has to be true of a machine; one that does not answer cannot be started from here."""
    info = None if lab.planning else lab.machine_info(name)
    if info is not None and info.state not in vms.UP_STATES:
        yield lab.provider.start([name])
    else:
        yield lab.provider.launch(lab.machine(name))


def exist(lab: Lab, machine: str) -> Check:
    """Section 1.1: there is nothing to make machines with."""
    return Check((Evidence(_("the machines exist already"), True),))


STEPS: tuple[Step, ...] = (
    replace(vms.install_provider, commands=nothing, check=exist),
    replace(vms.create, commands=reach, check=vms.is_up, undo=None),
)
"""The guide's keys."""
