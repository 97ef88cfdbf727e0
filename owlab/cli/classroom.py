"""``owlab class`` and ``owlab grade``: for whoever teaches on one server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.live import Live

from owlab import durable, places
from owlab.cli.shared_options import friendly, plain
from owlab.errors import LabError
from owlab.language import _

if TYPE_CHECKING:
    from owlab.classroom.homes import Home
    from owlab.classroom.rows import Row

homes_option = click.option(
    "--homes",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Folders of labs (each learner's OWLAB_HOME); quote what has a *. Repeat it for more.",
)
folders_argument = click.argument("folders", nargs=-1, metavar="[FOLDER]...")


@click.command("class")
@folders_argument
@homes_option
@click.option(
    "--html",
    "page_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page as well, for you alone to read (0600).",
)
@click.option("--json", "as_json", is_flag=True, help="For programs, in place of the table.")
@click.option(
    "--watch",
    "seconds",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=5,
    metavar="[SECONDS]",
    help="Look again every 5 seconds, or as many as you say; Ctrl-C ends it.",
)
@friendly
def classroom(
    folders: tuple[str, ...],
    patterns: tuple[str, ...],
    page_file: Path | None,
    as_json: bool,
    seconds: int | None,
) -> None:
    """Show how far the labs of a class are: from their files, asking none, changing none.

    Memory is that of each lab's service and kernels, where they run on this computer. Labs that
    may be read in part only say so; as root, all can be read.

    \b
      owlab class                                          your own labs
      sudo owlab class --homes '/home/*/.local/state/owlab' --html class.html
      owlab class /srv/class/*/owlab --watch
    """
    if as_json and seconds:
        raise click.UsageError(_("--json tells once: leave out --watch."))
    if as_json:
        found = _rows(folders, patterns)
        _write(page_file, found)
        click.echo(json.dumps([row.as_data() for row in found], indent=2))
        return
    console = Console()
    if not seconds:
        _show(console, _rows(folders, patterns), page_file)
        return
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        while True:
            found = _rows(folders, patterns)
            _write(page_file, found, seconds)
            live.update(_table(found, one_line=True), refresh=True)
            time.sleep(seconds)


@click.command()
@folders_argument
@homes_option
@click.option("--check", is_flag=True, help="Ask labs that run again.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file (0600) in place of the terminal.",
)
@friendly
def grade(
    folders: tuple[str, ...], patterns: tuple[str, ...], check: bool, output: Path | None
) -> None:
    """Write the points of each learner and exercise as CSV.

    An exercise counts when check_exercise() once said that it is solved. --check also asks pocket
    labs that run now, as check_exercise() does: it calls the functions that are to be judged, and
    changes nothing else. What is solved there counts; what was recorded and holds no more keeps
    its points, and says so. The records are files of the learners': no proof.

    \b
      sudo owlab grade --homes '/home/*/.local/state/owlab' -o grades.csv
    """
    from owlab.batch.course import installed_directory
    from owlab.classroom import grades

    homes = _homes(folders, patterns)
    points = grades.maxima(installed_directory())
    found = []
    for number, home in enumerate(homes, 1):
        if check:
            click.echo(
                _("{number} of {count}: {learner}").format(
                    number=number, count=len(homes), learner=plain(home.learner)
                ),
                err=True,
            )
        found += grades.grades([home], points, grades.ask_again if check else None)
    text = grades.as_csv(found)
    if output is None:
        click.echo(text, nl=False)
        return
    _save(output, text)
    click.echo(
        _("Learners: {learners}. Exercises: {exercises}. Points: {file}").format(
            learners=len(homes), exercises=len(points), file=output
        ),
        err=True,
    )


def _homes(folders: tuple[str, ...], patterns: tuple[str, ...]) -> list[Home]:
    from owlab.classroom.homes import find_homes

    return find_homes([*patterns, *folders] or [str(places.home())])


def _rows(folders: tuple[str, ...], patterns: tuple[str, ...]) -> list[Row]:
    from owlab.classroom.rows import rows

    return rows(_homes(folders, patterns))


def _table(found: list[Row], *, one_line: bool = False) -> Any:
    from owlab.classroom.page import table

    return table(found, plain, one_line=one_line)


def _show(console: Console, found: list[Row], page_file: Path | None) -> None:
    console.print(_table(found))
    if page_file is not None:
        _write(page_file, found)
        click.echo(_("The page: {file}").format(file=page_file))


def _write(page_file: Path | None, found: list[Row], seconds: int = 0) -> None:
    if page_file is not None:
        from owlab.classroom.page import page

        _save(page_file, page(found, seconds))


def _save(path: Path, text: str) -> None:
    try:
        durable.write(path, text, 0o600)
    except OSError as error:
        raise LabError(
            brief=_("{file} cannot be written.").format(file=path),
            details=error.strerror or str(error),
            resolution=_("Name a file in a folder of yours."),
        ) from None
