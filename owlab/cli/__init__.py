"""The command line: parse, call, print. Nothing here that Python cannot do."""

from __future__ import annotations

import click

from owlab import __version__
from owlab.cli import batch, incidents, inspect, machines, notebooks, pocket, steps
from owlab.cli.process import Owlab


@click.group(
    cls=Owlab, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96}
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


for command in (
    batch.run,
    steps.up,
    steps.status,
    steps.check,
    steps.step,
    steps.down,
    steps.script,
    machines.execute,
    machines.shell,
    pocket.kubeconfig,
    pocket.wskprops,
    pocket.goto,
    pocket.reset,
    inspect.config,
    inspect.labs,
    inspect.doctor,
    inspect.pinned,
    inspect.inventory,
    notebooks.lab,
    notebooks.notebooks,
    incidents.break_lab,
    incidents.incidents,
):
    main.add_command(command)
