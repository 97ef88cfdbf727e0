"""``owlab lab``: JupyterLab, opened on the first notebook."""

from __future__ import annotations

import sys
from typing import Any

import click

from owlab.cli.common import friendly, lab_option


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@lab_option
@friendly
def lab(options: tuple[str, ...], lab_name: str, **_: Any) -> None:
    """Open the course in JupyterLab, for one lab.

    Further words go to JupyterLab, such as --port 9999.
    """
    from owlab import extras
    from owlab.batch.course import find_directory
    from owlab.errors import CommandTimeout
    from owlab.shell import Shell

    extras.need("lab")
    folder = find_directory(None)
    first = folder / "00-start-here.ipynb"
    words = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *options, str(first)]
    click.echo("JupyterLab opens in your browser. Ctrl-C ends it; the lab goes on.")
    week = 7 * 24 * 3600.0
    try:
        done = Shell().run(
            words,
            timeout=week,
            on_output=lambda _, text: click.echo(text, nl=False),
            env={"OWLAB_LAB": lab_name},
        )
    except CommandTimeout:
        return
    sys.exit(done.exit_code)
