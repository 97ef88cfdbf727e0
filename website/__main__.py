"""``python -m website``: run the course on a pocket lab of its own, and make the site of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from owlab.cli.common import fail
from owlab.errors import BatchError, LabError
from website import ROOT
from website.build import build
from website.course_run import CourseRun

_LAB = "site"


@click.command()
@click.option("--run", "folder", default="", metavar="FOLDER", help="A run that there is already.")
@click.option("--no-run", is_flag=True, help="Only the notebooks themselves, without outputs.")
@click.option("--out", default="build/site", metavar="FOLDER", help="Where the site is made.")
def main(folder: str, no_run: bool, out: str) -> None:
    """Make the site, with a run of the whole course, or with one that there is."""
    try:
        if folder:
            build(Path(out), CourseRun.read(Path(folder)))
        elif no_run:
            build(Path(out), CourseRun())
        else:
            with tempfile.TemporaryDirectory(prefix="owlab-site-") as place:
                build(Path(out), _run_course(Path(place)))
    except LabError as error:
        fail(error)
    except KeyboardInterrupt:
        click.secho("\nInterrupted. The site is as it was.", err=True)
        sys.exit(130)
    click.echo(f"Open {(Path(out) / 'index.html').absolute()}")


def _run_course(place: Path) -> CourseRun:
    """All notebooks, on a lab that nobody else has, and that is gone afterwards."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OWLAB_")}
    environment["OWLAB_HOME"] = str(place / "home")
    owlab = [sys.executable, "-m", "owlab"]
    words = ["run", "--lab", _LAB, "--to", "11", "--out", str(place / "runs")]
    try:
        done = subprocess.run([*owlab, *words], cwd=ROOT, env=environment)
    finally:
        subprocess.run(
            [*owlab, "down", "--lab", _LAB, "--yes"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
    if done.returncode:
        raise BatchError(
            brief="The course did not pass: there is no site of it.",
            resolution="Its own words are above. `make site RUN=FOLDER` shows a run as it is.",
        )
    return CourseRun.read(next((place / "runs").iterdir()))


if __name__ == "__main__":
    main()
