"""The guide's other useful commands: what the functions beside the steps would type."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from owlab import Lab
from owlab.command import Command, Result
from owlab.lab_folder import LabFolder
from owlab.notebook.pasting import complete
from owlab.steps import openwhisk, vms
from website.pages.commands import typed
from website.words import Words

_MACHINE = "worker2"
OTHERS: tuple[tuple[Callable[..., Any], tuple[str, ...]], ...] = (
    (vms.info, ()),
    (openwhisk.all_resources, ()),
    (openwhisk.packages, ()),
    (openwhisk.uninstall, ()),
    (vms.delete, (_MACHINE,)),
    (vms.recover, (_MACHINE,)),
    (vms.purge, (_MACHINE,)),
)
"""What looks first, what takes away last."""

_ROLE = re.compile(r":\w+:`(\w+)`")


class Noting(Lab):
    """A lab in which everything succeeds, because nothing is done: commands are noted."""

    noted: list[Command]

    def run(self, command: Command | str, step: str = "", *, on: str = "host") -> Result:
        """Note it."""
        assert isinstance(command, Command)
        self.noted.append(command)
        return Result(command, exit_code=0)


class AllMade(LabFolder):
    """A record by which the lab made all its machines."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.directory)
        self._names = [machine.name for machine in lab.config.machines]

    def made(self) -> list[str]:
        """Their names."""
        return self._names

    def remove_made(self, name: str) -> None:
        """Nothing was removed."""


def section(lab: Lab, words: Words) -> str:
    """Each with its first sentence."""
    return "\n".join([f"## {words('Other useful commands')}\n", *_blocks(lab, words)])


def _blocks(lab: Lab, words: Words) -> Iterator[str]:
    for function, names in OTHERS:
        yield words(first_sentence(function)) + "\n"
        for command in noted(lab, function, names):
            pasted = complete(lab.provider, command)
            yield typed(pasted.on, pasted.text)


def first_sentence(function: Callable[..., Any]) -> str:
    """What a function's own description begins with."""
    first, _, _ = (inspect.getdoc(function) or "").partition("\n")
    return _ROLE.sub(r"`\1`", first)


def noted(lab: Lab, function: Callable[..., Any], names: tuple[str, ...]) -> list[Command]:
    """What a function would type."""
    noting = Noting(lab.config, lab.directory, lab.provider, planning=True)
    noting.noted = []
    noting.folder = AllMade(lab)
    function(noting, *names)
    return noting.noted
