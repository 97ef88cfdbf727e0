"""``python -m website``: run the course on a pocket lab of its own, and make the site of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import click

from owlab.cli.shared_options import fail
from owlab.errors import BatchError, LabError
from website import ROOT
from website.build import build
from website.course_run import CourseRun

_RUNS = ROOT / "runs"
_SIGNALLED = 128


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
            build(Path(out), _run_course())
    except LabError as error:
        fail(error)
    except KeyboardInterrupt:
        click.secho("\nInterrupted. The site is as it was.", err=True)
        sys.exit(130)
    click.echo(f"Open {(Path(out) / 'index.html').absolute()}")


def _run_course() -> CourseRun:
    """All notebooks, on a lab that nobody else has, and that is gone afterwards.

    The run itself stays, so that the site can be made of it again.
    """
    before = set(_RUNS.glob("*"))
    with tempfile.TemporaryDirectory(prefix="owlab-site-") as home:
        try:
            status = _owlab(home, "run", "--to", "11", "--out", str(_RUNS))
        finally:
            _owlab(home, "down", "--yes", quietly=True)
    if status > _SIGNALLED:
        raise KeyboardInterrupt
    if status:
        raise BatchError(
            brief="The course did not pass: no site was made of it.",
            resolution="`make site RUN=FOLDER` shows a run as it is.",
        )
    return CourseRun.read(next(iter(set(_RUNS.glob("*")) - before)))


def _owlab(home: str, *words: str, quietly: bool = False) -> int:
    """One command on the site's own lab. It ends by the signals that reach it; this waits."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OWLAB_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "owlab", *words, "--lab", "site"],
        cwd=ROOT,
        env={**environment, "OWLAB_HOME": home},
        stdout=subprocess.DEVNULL if quietly else None,
    )
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        with suppress(KeyboardInterrupt):
            return process.wait()


if __name__ == "__main__":
    main()
