"""The command line: parse, call, print. Nothing here that Python cannot do."""

from __future__ import annotations

import importlib
import os

import click

from owlab import language
from owlab.cli.process import Owlab
from owlab.package_version import __version__

COMMANDS = {
    "run": "batch.run",
    "up": "steps.up",
    "status": "steps.status",
    "check": "steps.check",
    "step": "steps.step",
    "down": "steps.down",
    "script": "steps.script",
    "exec": "machines.execute",
    "shell": "machines.shell",
    "kubeconfig": "pocket.kubeconfig",
    "wskprops": "pocket.wskprops",
    "goto": "pocket.goto",
    "undo": "pocket.undo",
    "reset": "pocket.reset",
    "config": "inspect.config",
    "labs": "inspect.labs",
    "doctor": "inspect.doctor",
    "versions": "inspect.pinned",
    "inventory": "inspect.inventory",
    "lab": "notebooks.lab",
    "notebooks": "notebooks.notebooks",
    "class": "classroom.classroom",
    "grade": "classroom.grade",
    "break": "incidents.break_lab",
    "incidents": "incidents.incidents",
}
"""Where each command is, below this package. Loaded when it is typed: `owlab exec` is quick."""


class LazyGroup(Owlab):
    """A group that loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of their alphabet."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].rpartition(".")
        found = getattr(importlib.import_module(f"owlab.cli.{module}"), function)
        assert isinstance(found, click.Command)
        return found


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)
@click.version_option(__version__, prog_name="owlab")
def main() -> None:
    """Learn serverless on Kubernetes by deploying Apache OpenWhisk.

    \b
    First steps:
      owlab run                run the whole course headlessly, on the pocket lab
      owlab lab                open the notebooks in JupyterLab
      owlab up; owlab shell    build the lab without notebooks, and look around in it

    Settings (--set NAME VALUE) are listed by `owlab config`.

    \b
    Exit status: 0 done, 1 failed, 2 refused (nothing was started or changed),
    128 and the signal's number when interrupted; exec and shell pass the command's own on.
    """
    named = os.environ.get(language.VARIABLE, "")
    if named and not language.named(named):
        raise click.BadParameter(language.unknown(named), param_hint=language.VARIABLE)
