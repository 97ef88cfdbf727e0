"""Signals, streams and limits of the system: a sentence and an exit status, never a traceback."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

OWLAB = f"{sys.executable} -m owlab"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    environment = {**os.environ, "OWLAB_HOME": str(tmp_path / "home"), "OWLAB_LAB": "odd"}
    yield environment
    subprocess.run([*OWLAB.split(), "down", "--yes"], env=environment, timeout=60)


def shell(
    line: str, home: dict[str, str], limit: Callable[[], None] | None = None
) -> tuple[int, str, str]:
    done = subprocess.run(
        line,
        shell=True,
        executable="/bin/bash",
        env=home,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        preexec_fn=limit,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "words",
    [
        ("exec", "host", "--", "echo up; sleep 600"),
        ("up", "--set", "speed", "real", "--verbose"),
    ],
    ids=["exec", "up"],
)
def test_signals_end_a_command_and_what_it_started(
    home: dict[str, str], words: tuple[str, ...], number: int
) -> None:
    command = subprocess.Popen(
        [*OWLAB.split(), *words], env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    assert command.stdout.readline()
    process = psutil.Process(command.pid)
    time.sleep(0.5)
    started = [
        child
        for child in process.children(recursive=True)
        if "owlab.pocket.service.daemon" not in child.cmdline()
    ]
    command.send_signal(number)
    _, err = command.communicate(timeout=60)
    assert command.returncode == 128 + number
    assert b"Traceback" not in err
    assert b"Interrupted" in err
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


def test_a_hangup_that_is_ignored_stays_ignored(home: dict[str, str]) -> None:
    line = f"trap '' HUP; exec {OWLAB} exec host -- 'echo up; sleep 2; echo done'"
    command = subprocess.Popen(line, shell=True, env=home, stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    assert command.stdout.readline() == "up\n"
    command.send_signal(signal.SIGHUP)
    out, _ = command.communicate(timeout=60)
    assert (command.returncode, out) == (0, "done\n")


@pytest.mark.parametrize("words", ["config", "labs", "script", "doctor", "--help"])
@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(home: dict[str, str], words: str, streams: str) -> None:
    assert shell(f"{OWLAB} {words} {streams}", home)[0] in (0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", ["config", "script", "config --defaults", "exec host -- echo a"])
def test_output_that_does_not_fit(home: dict[str, str], words: str) -> None:
    status, _, err = shell(f"{OWLAB} {words} >/dev/full", home)
    assert status != 0
    assert "No space left on device" in err


@pytest.mark.parametrize("words", ["script", "config", "config --defaults"])
def test_a_reader_that_leaves(home: dict[str, str], words: str) -> None:
    _, out, err = shell(f"{OWLAB} {words} | head -1", home)
    assert out.count("\n") == 1
    assert "Broken pipe" not in err


def test_output_in_an_old_character_set(home: dict[str, str]) -> None:
    old = home | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0", "LC_ALL": "C"}
    status, out, _ = shell(f"{OWLAB} up --to 1.2", old)
    assert status == 0
    assert "1.2" in out


def test_no_colour(home: dict[str, str]) -> None:
    if shutil.which("script") is None:
        pytest.skip("there is no program `script` to make a terminal")
    line = f"script -qec '{OWLAB} config --set workers x' /dev/null"
    _, out, _ = shell(line, home)
    assert "\x1b[31m" in out
    _, out, _ = shell(line, home | {"NO_COLOR": "1"})
    assert "\x1b[" not in out


@pytest.mark.parametrize("most", [6, 8, 10, 16, 24])
def test_few_file_descriptors(home: dict[str, str], most: int) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    status, out, err = shell(f"{OWLAB} exec host -- echo a", home, limit)
    said = "error:" in err or "the lab itself failed" in err  # its service has as few
    assert (status, out) == (0, "a\n") or (status == 1 and said)


@pytest.mark.parametrize("megabytes", [100, 200, 300, 400, 600, 800])
def test_little_memory(home: dict[str, str], megabytes: int) -> None:
    """Whatever has no room says so: this command, its service, or kubectl in it."""
    most = megabytes << 20

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    kubectl = "sudo snap install kubectl --classic && kubectl version --client"
    # What has only 100 MB leaves a service that hears nobody: half a minute until that is said.
    for text in ("echo a", kubectl)[: 1 if megabytes == 100 else 2]:
        status, out, err = shell(f"{OWLAB} exec host -- '{text}'", home, limit)
        assert "Traceback" not in out + err and "goroutine" not in out + err
        said = ("memory", "the lab itself failed", "the pocket lab's process ended")
        assert status == 0 or any(words in err for words in said), (text, status, err)


@pytest.mark.parametrize("below", ["", "/deeper"])
@pytest.mark.parametrize("kind", ["file", "loop"])
def test_a_home_that_is_no_folder(
    home: dict[str, str], tmp_path: Path, kind: str, below: str
) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(place)
    for words in ("up --to 1.2", "status", "down --yes", "exec host -- true"):
        status, _, err = shell(f"{OWLAB} {words}", home | {"OWLAB_HOME": f"{place}{below}"})
        assert (status, f"and '{place}' is no folder" in err) == (2, True), err
    assert kind == "loop" or place.read_text() == "mine"


def test_a_current_folder_that_is_gone(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    status, _, err = shell(f"cd {tmp_path}/gone; rmdir ../gone; {OWLAB} config", home)
    assert (status, err) == (
        1,
        "error: the folder that you are in is gone. Change to another one and repeat.\n",
    )


@pytest.mark.parametrize(
    "words",
    [
        "up --to 6.9",
        "up --set workers 99",
        "step nonsense",
        "goto 9",
        "exec nobody -- true",
        "shell nobody",
        "status --provider lunar",
        "config --config /nowhere",
        "run --set nonsense 1",
        "run --from x",
    ],
)
def test_refused_commands_make_no_lab(home: dict[str, str], words: str) -> None:
    status, _, err = shell(f"{OWLAB} {words}", home)
    assert status == 2
    assert err
    assert not (Path(home["OWLAB_HOME"]) / "labs" / "odd").exists()


def test_what_others_print_moves_no_cursor() -> None:
    from owlab.cli.shared_options import plain

    assert plain("a\x1b[2Jb\x07\u202ec\nd\te") == "a\ufffd[2Jb\ufffd\ufffdc\nd\te"
