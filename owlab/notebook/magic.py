"""``%%on MACHINE``: a cell of shell, run there. And ``on(...)``, the same as a function."""

from __future__ import annotations

import argparse
import difflib
import shlex
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from owlab.command import HOST, Command, Result
from owlab.errors import CommandError, LabError, MachineError
from owlab.events import Event
from owlab.lab import Lab, describe
from owlab.language import _, listed
from owlab.notebook import page

STRICT = "set -e -o pipefail"
"""A cell ends at its first command that fails. Without it only the last one's status is seen."""

_REDRAW_SECONDS = 0.3


class _UsageError(LabError):
    """The line after ``%%on`` is wrong."""


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(
            brief=_("%%on: {message}.").format(message=message),
            resolution=_("Write %%on MACHINE [--fails] [--timeout SECONDS], then shell below it."),
        )


def on(lab: Lab, machine: str, text: str, *, timeout: float = 120) -> Result:
    """Type ``text`` on a machine (``host`` is the laptop), and show it as it ran.

    :raises CommandError: it ended with another exit status than 0.
    """
    command = Command(text, on=machine_named(lab, machine), timeout=timeout)
    result = lab.run(command)
    if not result:
        raise CommandError(
            brief=_("A command on {on} failed.").format(on=command.on), details=describe(result)
        )
    return result


def machine_named(lab: Lab, name: str) -> str:
    """A machine by its full name, or without the lab's prefix.

    :raises MachineError: there is none; it names the nearest.
    """
    names = [HOST, *(machine.name for machine in lab.config.machines)]
    for candidate in (name, f"{lab.config.prefix}{name}"):
        if candidate in names:
            return candidate
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise MachineError(
        brief=_("The lab has no machine {name!r}.").format(name=name),
        details=_("Did you mean {near}?").format(near=near[0]) if near else "",
        resolution=_("Its machines: {names}; {host} is the laptop.").format(
            names=listed(names[1:]), host=HOST
        ),
    )


def run_cell(lab: Lab, line: str, cell: str) -> None:
    """What ``%%on`` does: the output streams into the notebook, and a failure raises.

    With ``--fails`` the cell shows something that must go wrong, and raises when it does not.
    """
    parser = _Arguments(prog="%%on", add_help=False)
    parser.add_argument("machine")
    parser.add_argument("--fails", action="store_true")
    parser.add_argument("--timeout", type=float, default=120)
    options = parser.parse_args(shlex.split(line))
    machine = machine_named(lab, options.machine)

    from owlab.notebook.transcript import muted

    shown = Printed()
    lab.listeners.append(shown)
    try:
        with muted():
            text = f"{STRICT}\n{cell.strip()}"
            result = lab.run(Command(text, on=machine, timeout=options.timeout))
    finally:
        lab.listeners.remove(shown)
        shown.draw()
    if options.fails and result:
        raise CommandError(
            brief=_("This cell shows a failure, but it succeeded on {machine}.").format(
                machine=machine
            ),
            resolution=_("Perhaps a later step is done already: then this is as it should be."),
        )
    if not options.fails and not result:
        # Its output stands above already.
        raise CommandError(
            brief=_("A command of this cell failed on {machine} (exit status {exit_code}).").format(
                machine=machine, exit_code=result.exit_code
            ),
            details=describe(Result(Command(cell.strip(), on=machine), result.exit_code)),
            resolution=_("The cell ended there; correct it and run it again."),
        )
    if options.fails:
        print(
            _("(exit status {exit_code}, as this cell means to show)").format(
                exit_code=result.exit_code
            )
        )


class Printed:
    """A listener that shows what commands print, in one display that grows.

    Not as a stream: JupyterLab breaks the long lines of those in the middle of words.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = ""
        self._handle: Any = None
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        if event.kind != "command-output":
            return
        with self._lock:
            self._text += event.text
            if time.monotonic() - self._drawn > _REDRAW_SECONDS:
                self._draw()

    def draw(self) -> None:
        """Show all of it."""
        with self._lock:
            if self._text:
                self._draw()

    def _draw(self) -> None:
        if self._handle is None:
            self._handle = page.handle()
        self._drawn = time.monotonic()
        shown = self._text.rstrip("\n")
        self._handle.update(page.bundle(page.output(shown), shown), raw=True)


def register(current: Callable[[], Lab]) -> None:
    """Make ``%%on`` known to the notebook; it types on the lab that is the ``current`` one then."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return

    def on_magic(line: str, cell: str) -> None:
        """Run this cell on a machine of the lab: %%on MACHINE [--fails] [--timeout SECONDS]."""
        run_cell(current(), line, cell)

    shell.register_magic_function(on_magic, magic_kind="cell", magic_name="on")
