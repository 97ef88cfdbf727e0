"""Commands and terminals on a machine: exec and shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owlab import places
from owlab.cli.shared_options import friendly, lab_options, open_lab
from owlab.command import HOST
from owlab.errors import ConfigError, MachineError, ProviderError
from owlab.language import _
from owlab.machines import pocket_folder

if TYPE_CHECKING:
    from owlab.lab import Lab


@click.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("machine")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@lab_options
@friendly
def execute(machine: str, words: tuple[str, ...], **which: Any) -> None:
    """Run a command on MACHINE as ssh would; `host` is the laptop.

    The words are joined and run by the machine's shell. Without words, a script is read from
    standard input. Output is streamed, and the exit status is the command's.

    \b
      owlab exec master -- sudo kubectl get nodes
      owlab exec host < guide-section.sh
    """
    text = " ".join(words) if words else None
    folder = pocket_folder(places.lab_directory(which["lab_name"]))
    if folder.is_dir() and not _says_settings(**which):
        sys.exit(_attach(folder, machine, text, **which))
    lab = _open(machine, **which)
    lab.provider.prepare(lab.config)
    sys.exit(lab.provider.attach(machine, text))


@click.command()
@click.argument("machine", default=HOST)
@lab_options
@friendly
def shell(machine: str, **which: Any) -> None:
    """Open a terminal on MACHINE; on the laptop when none is named.

    The guide can be pasted in. Inside, `multipass shell master` changes the machine and `exit`
    returns.
    """
    lab = _open(machine, **which)
    lab.provider.prepare(lab.config)
    sys.exit(lab.provider.terminal(machine))


def _open(machine: str, lab_name: str, **which: Any) -> Lab:
    """The guide may be typed in a lab that is not there yet; a misspelt name should be seen."""
    if machine != HOST:
        try:
            open_lab(lab_name, planning=True, **which).machine(machine)
        except MachineError as error:
            raise ConfigError(error.brief, error.details, error.resolution) from None
    if lab_name not in places.lab_names():
        click.secho(
            _("(the lab {lab_name!r} is new)").format(lab_name=lab_name), err=True, dim=True
        )
    return open_lab(lab_name, **which)


def _says_settings(
    provider: str | None, settings: tuple[Any, ...], config_file: Path | None, lab_name: str
) -> bool:
    """Somebody says what the lab is to be: that is looked at first."""
    said = {name for name in os.environ if name.startswith("OWLAB_")}
    said -= places.NO_SETTINGS - {"OWLAB_CONFIG"}
    return bool(provider or settings or config_file or said)


def _attach(folder: Path, machine: str, text: str | None, **which: Any) -> int:
    """On a pocket lab as it is: its service knows all that is needed, so nothing else is loaded."""
    from owlab.machines import pocket_terminal

    try:
        pocket_terminal.ensure(folder)
        return pocket_terminal.attach(folder, machine, text)
    except ProviderError:
        _open(machine, **which)  # which machines there are is the better answer
        raise
