"""``owlab down`` and ``reset`` succeed whatever state a lab is in: they are how one gets out."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from owlab.pocket.client import running


class Home:
    """A home of labs, with one pocket lab in it that runs and has a machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = folder / "labs" / "bad"

    def owlab(self, *words: str, full: bool = False) -> subprocess.CompletedProcess[str]:
        """Type a command; on a ``full`` disk no file takes a byte."""
        return subprocess.run(
            [sys.executable, "-m", "owlab", *words],
            env={**os.environ, "OWLAB_HOME": str(self.folder), "OWLAB_LAB": "bad"},
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=_nothing_fits if full else None,
        )

    @property
    def service(self) -> psutil.Process | None:
        return running.process(self.lab / "pocket")


def _nothing_fits() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    done = made.owlab("up", "--to", "1.2")
    assert done.returncode == 0, done.stderr
    assert made.service
    yield made
    running.end(made.lab / "pocket", 1)


def damage(name: str, content: bytes | None) -> Callable[[Home], None]:
    def do(home: Home) -> None:
        if content is None:
            (home.lab / name).unlink()
        else:
            (home.lab / name).write_bytes(content)

    return do


def stop(home: Home) -> None:
    service = home.service
    assert service is not None
    service.send_signal(signal.SIGSTOP)


def kill_and_damage_the_database(home: Home) -> None:
    service = home.service
    assert service is not None
    service.kill()
    service.wait(10)
    (home.lab / "pocket" / "lab.sqlite").write_bytes(b"no database" * 1000)


def everything(home: Home) -> None:
    stop(home)
    for path in home.lab.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\xff\xfe\x00{[")


def forbid(home: Home) -> None:
    (home.lab / "pocket" / "bin").chmod(0o500)
    (home.lab / "pocket").chmod(0o500)


HARM = {
    "stopped": stop,
    "no settings": damage("config.yaml", None),
    "damaged settings": damage("config.yaml", b"workers: [\xff"),
    "cyclic settings": damage("config.yaml", b"a: &a [*a]"),
    "settings of a newer version": damage("config.yaml", b"provider: lunar\nopenwhisk_keys: 7\n"),
    "settings of an older version": damage("config.yaml", b"provider: pocket\ngone: 1\n"),
    "damaged list of machines": damage("made.json", b'{"a": 1}'),
    "damaged list of steps": damage("steps.json", b"[[1]]"),
    "no announcement": damage("pocket/daemon.json", None),
    "no mark": damage("pocket/owlab-pocket-lab", None),
    "a damaged database": kill_and_damage_the_database,
    "everything": everything,
    "folders that may not be written": forbid,
}


@pytest.mark.parametrize("harm", HARM, ids=lambda name: name.replace(" ", "-"))
def test_down(home: Home, harm: str) -> None:
    service = home.service
    HARM[harm](home)
    done = home.owlab("down", "--yes", full=harm == "stopped")
    assert (done.returncode, done.stderr) == (0, "")
    assert "is gone" in done.stdout
    assert not home.lab.exists()
    assert service is not None
    # What it was started by has ended, and not every computer's first process buries the dead.
    assert not service.is_running() or service.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("harm", ["damaged settings", "a damaged database", "everything"])
def test_reset(home: Home, harm: str) -> None:
    HARM[harm](home)
    done = home.owlab("reset", "--yes")
    assert done.returncode == 0, done.stderr
    assert "is new" in done.stdout
    assert "usual settings" in done.stderr or harm == "a damaged database"
    assert home.owlab("exec", "host", "--", "echo", "well").stdout == "well\n"


def test_down_asks_before(home: Home) -> None:
    done = home.owlab("down")
    assert done.returncode == 2, "there is no terminal on which to ask"
    assert "Remove for good: " in done.stderr
    assert "--yes" in done.stderr
    assert home.lab.exists()


def test_what_real_machines_a_lab_had_is_not_guessed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.lab.mkdir(parents=True)
    (home.lab / "made.json").write_text('["master"]')
    done = home.owlab("down", "--yes")
    assert done.returncode == 1
    assert "settings of the lab 'bad' are lost" in done.stderr
    assert "--provider P" in done.stderr
    assert home.lab.exists()


def test_the_folders_of_a_lab_are_its_owners_alone(home: Home) -> None:
    home.owlab("exec", "host", "--", "true")
    open_ones = [path for path in (home.lab, *home.lab.rglob("*")) if path.lstat().st_mode & 0o077]
    assert open_ones == []
