"""``owlab lab``: JupyterLab on the learner's own notebooks. ``owlab notebooks``: those copies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from owlab.cli.common import friendly, lab_option

_FIRST = "00-start-here.ipynb"

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: os.environ.get("OWLAB_NOTEBOOKS", str(Path.home() / "owlab-notebooks")),
    show_default="~/owlab-notebooks, or $OWLAB_NOTEBOOKS",
    help="Where your own copies of the notebooks are.",
)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@folder_option
@lab_option
@friendly
def lab(options: tuple[str, ...], folder: Path, lab_name: str, **_: Any) -> None:
    """Open the course in JupyterLab, for one lab.

    The notebooks are copied to a folder of yours first; what you wrote there is kept. Further
    words go to JupyterLab, such as --port 9999. Started by JupyterHub, it becomes the server of
    one user: let the spawner's command be `owlab lab`.
    """
    from owlab import extras
    from owlab.batch.course import installed_directory
    from owlab.notebook import startup
    from owlab.notebook.copies import Copies

    extras.need("lab")
    copies = Copies(folder.expanduser().absolute(), installed_directory())
    for told in copies.renew():
        click.echo(told)
    click.echo(f"Your notebooks: {copies.folder}")
    if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:
        server = "jupyterhub.singleuser"
        first = f"--ServerApp.default_url=/lab/tree/{_FIRST}"
        words = [f"--ServerApp.root_dir={copies.folder}", first, *options]
    else:
        server = "jupyterlab"
        words = [f"--notebook-dir={copies.folder}", *options, str(copies.folder / _FIRST)]
        click.echo("JupyterLab opens in your browser. Ctrl-C ends it; the lab goes on.")
    environment = {**os.environ, "OWLAB_LAB": lab_name, **startup.environment()}
    sys.stdout.flush()
    # In place of this process: signals reach JupyterLab itself, and nothing else stays in memory.
    os.execve(sys.executable, [sys.executable, "-m", "owlab.lean", server, *words], environment)


@click.command()
@click.option("--restore", "number", metavar="NN", help="A fresh copy of one; yours is kept aside.")
@folder_option
@friendly
def notebooks(number: str | None, folder: Path, **_: Any) -> None:
    """Bring your copies of the notebooks up to date, or one of them back as it was (03)."""
    from owlab.batch.course import installed_directory
    from owlab.notebook.copies import Copies

    copies = Copies(folder.expanduser().absolute(), installed_directory())
    told = [copies.restore(number)] if number is not None else list(copies.renew())
    for line in told or ["Nothing is new."]:
        click.echo(line)
    click.echo(f"Your notebooks: {copies.folder}")
