"""``owlab lab``: JupyterLab on the learner's own notebooks. ``owlab notebooks``: those copies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from owlab import language
from owlab.cli import suggestions
from owlab.cli.shared_options import friendly, lab_option, language_option
from owlab.language import _

if TYPE_CHECKING:
    from owlab.notebook.copies import Copies

_FIRST = "00-start-here.ipynb"
_IN_A_HUB = "JUPYTERHUB_SERVICE_PREFIX"
_USUAL = ("--port", "--ip", "--no-browser", "--allow-root", "--browser", "--debug", "--config")
"""Options of JupyterLab that people type."""

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: os.environ.get("OWLAB_NOTEBOOKS") or str(Path.home() / "owlab-notebooks"),
    show_default="~/owlab-notebooks, or $OWLAB_NOTEBOOKS",
    help="Where your own copies of the notebooks are.",
)


def _copies(folder: Path) -> Copies:
    """The learner's copies of the course in the language of the moment; another one's are apart."""
    from owlab.batch.course import installed_directory
    from owlab.notebook.copies import Copies

    spoken = language.current()
    mine = folder.expanduser().absolute()
    return Copies(
        mine if spoken == language.ENGLISH else mine / spoken, installed_directory(spoken)
    )


def _of_jupyterlab() -> set[str]:
    """Its short options; long ones are such as ``--ServerApp.port``."""
    from jupyterlab.labapp import LabApp  # a second: only for what is not usual

    return {f"--{name}" for name in ("help-all", "version", *LabApp.aliases, *LabApp.flags)}


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@folder_option
@language_option
@lab_option
@friendly
def lab(options: tuple[str, ...], folder: Path, lab_name: str, **which: Any) -> None:
    """Open the course in JupyterLab, for one lab.

    The notebooks are copied to a folder of yours first; what you wrote there is kept. Further
    words go to JupyterLab, such as --port 9999. Started by JupyterHub, it becomes the server of
    one user: let the spawner's command be `owlab lab`.
    """
    from owlab import extras
    from owlab.notebook import startup

    extras.need("lab")
    # A hub's server has options of the hub's version.
    others = None if _IN_A_HUB in os.environ else _of_jupyterlab
    suggestions.refuse_misspelt(click.get_current_context(), options, _USUAL, others)
    copies = _copies(folder)
    for told in copies.renew():
        click.echo(told)
    click.echo(_("Your notebooks: {folder}").format(folder=copies.folder))
    if _IN_A_HUB in os.environ:
        server = "jupyterhub.singleuser"
        first = f"--ServerApp.default_url=/lab/tree/{_FIRST}"
        words = [f"--ServerApp.root_dir={copies.folder}", first, *options]
    else:
        server = "jupyterlab"
        words = [f"--notebook-dir={copies.folder}", *options, str(copies.folder / _FIRST)]
        click.echo(_("JupyterLab opens in your browser. Ctrl-C ends it; the lab goes on."))
    environment = {**os.environ, "OWLAB_LAB": lab_name, **startup.environment()}
    sys.stdout.flush()
    # In place of this process: signals reach JupyterLab itself, and nothing else stays in memory.
    os.execve(
        sys.executable, [sys.executable, "-m", "owlab.light_start", server, *words], environment
    )


@click.command()
@click.option("--restore", "number", metavar="NN", help="A fresh copy of one; yours is kept aside.")
@folder_option
@language_option
@friendly
def notebooks(number: str | None, folder: Path, **which: Any) -> None:
    """Bring your copies of the notebooks up to date, or one of them back as it was (03)."""
    copies = _copies(folder)
    told = [copies.restore(number)] if number is not None else list(copies.renew())
    for line in told or [_("Nothing is new.")]:
        click.echo(line)
    click.echo(_("Your notebooks: {folder}").format(folder=copies.folder))
