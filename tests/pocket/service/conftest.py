"""Labs with their own background process, ended after each test."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owlab.pocket.client import service_process


class Served:
    """One lab, as the user's terminal sees it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.binary = directory / "bin" / "multipass"

    def mp(self, *words: str, stdin: str = "", cwd: Path | None = None) -> tuple[int, str, str]:
        """Run the lab's multipass binary."""
        done = subprocess.run(
            [str(self.binary), *words],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or self.directory.parent,
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr

    def on(self, machine: str, script: str, stdin: bytes = b"") -> tuple[int, str, str]:
        """Run a script through the service_process."""
        out, err = bytearray(), bytearray()
        status = service_process.execute(
            self.directory, machine, script, stdin=stdin, out=out.extend, err=err.extend
        )
        return status, out.decode(), err.decode()


@pytest.fixture
def labs(tmp_path: Path) -> Iterator[Callable[[str], Served]]:
    """Makes labs below a path with a space in it."""
    parent = tmp_path / "some labs"
    parent.mkdir()

    def make(name: str) -> Served:
        service_process.ensure(parent / name)
        return Served(parent / name)

    yield make
    for directory in parent.iterdir():
        service_process.stop(directory)


@pytest.fixture
def lab(labs: Callable[[str], Served]) -> Served:
    """A lab with machine ``master``."""
    made = labs("a lab")
    assert made.mp("launch", "--name", "master") == (0, "Launched: master\n", "")
    return made
