"""``owlab run``: the course, unattended."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from owlab.cli.examination import before_launching
from owlab.cli.shared_options import (
    FORCE,
    friendly,
    lab_options,
    language_option,
    open_lab,
    overrides,
)
from owlab.errors import ConfigError
from owlab.language import _

NOTEBOOKS_OWN = ("add_worker", "catch_up", "really", "solve", "what")
"""Parameters of notebooks that are no settings of a lab."""

LAST = 11
"""The number of the last notebook."""


def _number(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except ValueError:
        raise click.BadParameter(
            _("{value!r} is not a notebook's number, such as 05.").format(value=value)
        ) from None
    if not 0 <= number <= LAST:
        raise click.BadParameter(
            _("notebooks are numbered from 00 to {last:02}.").format(last=LAST)
        )
    return number


@click.command()
@lab_options
@language_option
@click.option("--from", "first", callback=_number, help="The first notebook (05); 00 if unsaid.")
@click.option("--to", "last", callback=_number, help="The last notebook (06); 07 if unsaid.")
@click.option("--resume", is_flag=True, help="Go on where this lab's newest run stopped.")
@click.option("--new", "fresh", is_flag=True, help="Start from a new pocket lab.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Where runs are kept.",
)
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of the notebooks; found by itself in a clone.",
)
@FORCE
@friendly
def run(
    first: int | None,
    last: int | None,
    resume: bool,
    fresh: bool,
    out: Path,
    notebooks: Path | None,
    force: bool,
    language: str | None,
    **which: Any,
) -> None:
    """Run the course's notebooks in order, headlessly.

    Leaves one executed notebook each, summary.json and report.html. The exit status is 0 only if
    every cell of every notebook ran and every check passed.
    """
    from owlab.batch.run import RunOptions, run_course

    parameters = overrides(which["provider"], which["settings"])
    # Settings are checked before anything is thrown away; the notebooks' own parameters later.
    which["settings"] = tuple(pair for pair in which["settings"] if pair[0] not in NOTEBOOKS_OWN)
    lab = open_lab(planning=True, **which)
    if not lab.provider.has_machines:
        raise ConfigError(
            brief=_("The notebooks type on machines, and a given cluster has none."),
            resolution=_(
                "Use `owlab up --provider {name}`: sections 5 to 7, from this computer."
            ).format(name=lab.provider.name),
        )
    if fresh and not resume and lab.provider.simulated:
        open_lab(**which).down()
    before_launching(lab, Console(), force)
    options = RunOptions(
        parameters={**parameters, "lab_name": lab.config.name},
        first=first,
        last=last,
        resume=resume,
        out=out,
        config_file=which["config_file"],
        notebooks=notebooks,
        language=language,
    )
    summary = run_course(options)
    sys.exit(summary.exit_code)
