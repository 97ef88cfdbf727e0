"""A service that stands still, or whose files are lost: said in time, and to be got rid of."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from owlab.pocket.client import multipass, running, service_process, wire
from tests.pocket.service.conftest import Served
from tests.pocket.service.test_service_process import pid
from tests.waiting import until


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of this process wait for a moment only; a busy machine answers in two seconds."""
    monkeypatch.setattr(wire, "SILENCE", 3.0)
    monkeypatch.setattr(wire, "HEALTH", 3.0)


@pytest.fixture
def stopped(lab: Served, impatient: None) -> Iterator[psutil.Process]:
    process = psutil.Process(pid(lab))
    process.send_signal(signal.SIGSTOP)
    yield process
    if process.is_running():
        process.send_signal(signal.SIGCONT)


def test_every_call_says_that_the_lab_does_not_answer(
    lab: Served, stopped: psutil.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("SILENCE", "HEALTH"):
        monkeypatch.setattr(wire, patience, 1.0)  # for what is stopped, a short one will do
    calls: list[Callable[[], object]] = [
        lambda: service_process.ensure(lab.directory),
        lambda: service_process.status(lab.directory),
        lambda: service_process.execute(lab.directory, "master", "true"),
        lambda: service_process.kubeconfig(lab.directory),
        lambda: service_process.save(lab.directory, "x"),
    ]
    for call in calls:
        started = time.monotonic()
        with pytest.raises(service_process.ServiceError) as caught:
            call()
        assert time.monotonic() - started < 60
        said = f"The lab does not answer: process {stopped.pid}, for [1-9] s."
        assert re.fullmatch(said, caught.value.brief)
        assert f"kill -CONT {stopped.pid}" in caught.value.details
        assert "owlab down" in caught.value.resolution
    stopped.send_signal(signal.SIGCONT)
    assert lab.on("master", "echo well") == (0, "well\n", "")


def test_the_binary_says_it_too(lab: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWLAB_SILENCE", "1.5")
    process = psutil.Process(pid(lab))
    process.send_signal(signal.SIGSTOP)
    try:
        status, _, err = lab.mp("list")
    finally:
        process.send_signal(signal.SIGCONT)
    assert status == 255
    assert err == (
        f"list failed: the lab does not answer: process {process.pid}, for 2 s; "
        "`owlab down` ends it\n"
    )


def test_a_command_under_way_notices(lab: Served, impatient: None) -> None:
    process = psutil.Process(pid(lab))
    seen = bytearray()

    def out(piece: bytes) -> None:
        seen.extend(piece)
        process.send_signal(signal.SIGSTOP)

    with pytest.raises(service_process.ServiceError, match="does not answer"):
        service_process.execute(lab.directory, "master", "echo up; sleep 60", out=out)
    assert seen == b"up\n"
    process.send_signal(signal.SIGCONT)


def test_a_long_silent_command_is_no_silence(lab: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENCE", 4.5)  # longer than between two beats, not than the command
    assert lab.on("master", "sleep 7; echo done") == (0, "done\n", "")


def test_stopping_and_destroying_a_stopped_service(lab: Served, stopped: psutil.Process) -> None:
    service_process.stop(lab.directory)
    assert not stopped.is_running()
    service_process.ensure(lab.directory)
    assert "master" in lab.mp("list")[1]
    again = psutil.Process(pid(lab))
    again.send_signal(signal.SIGSTOP)
    service_process.destroy(lab.directory)
    assert not again.is_running()
    assert not lab.directory.exists()


def test_a_service_that_hears_no_signal_is_killed_with_what_it_started(tmp_path: Path) -> None:
    child = "import time; time.sleep(600)"
    deaf = (
        "import fcntl, os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "file = open('daemon.lock', 'a+'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "file.write(str(os.getpid())); file.flush()\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "print(child.pid, flush=True); time.sleep(600)\n"
    )
    words = [sys.executable, "-c", deaf, running.MODULE]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    started = int(process.stdout.readline())
    service_process.stop(tmp_path, patience=0.5)
    process.wait(10)
    until(lambda: not psutil.pid_exists(started))


@pytest.mark.parametrize("damage", ["missing", "", "[]", "{", '{"pid": "x"}', "[" * 5000])
def test_an_announcement_that_is_lost_is_written_again(lab: Served, damage: str) -> None:
    path, first = lab.directory / "daemon.json", pid(lab)
    before = json.loads(path.read_text())
    if damage == "missing":
        path.unlink()
    else:
        path.write_text(damage)
    service_process.ensure(lab.directory)
    assert json.loads(path.read_text()) == before
    assert pid(lab) == first


def test_all_files_damaged_and_still_to_be_ended(lab: Served) -> None:
    process = psutil.Process(pid(lab))
    process.send_signal(signal.SIGSTOP)  # so that it mends nothing
    for name in ("daemon.json", "daemon.lock", "start.lock", "owlab-pocket-lab"):
        (lab.directory / name).write_bytes(b"\xff\x00")
    service_process.destroy(lab.directory)
    assert not process.is_running()
    assert not lab.directory.exists()


def test_a_service_of_another_version_is_started_again(lab: Served) -> None:
    path, first = lab.directory / "daemon.json", psutil.Process(pid(lab))
    first.send_signal(signal.SIGSTOP)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"protocol": 1}))
    status, _, err = lab.mp("list")
    assert status == 2
    assert "another version of owlab" in err
    service_process.ensure(lab.directory)
    assert not first.is_running()
    assert "master" in lab.mp("list")[1]


def test_a_folder_that_moved_is_served_again_at_its_new_place(lab: Served) -> None:
    lab.on("master", "echo kept > ~/file")
    moved = Served(lab.directory.rename(lab.directory.with_name("moved")))
    service_process.ensure(moved.directory)
    assert moved.on("master", "cat ~/file") == (0, "kept\n", "")
    assert moved.mp("list")[0] == 0


def test_a_copy_of_a_folder_is_another_lab(lab: Served) -> None:
    copy = lab.directory.with_name("copy")
    subprocess.run(["cp", "-r", str(lab.directory), str(copy)], check=True)
    service_process.ensure(copy)
    assert pid(Served(copy)) != pid(lab)
    Served(copy).on("master", "touch ~/only-here")
    assert lab.on("master", "ls ~") == (0, "", "")


def test_the_computers_clock_does_not_decide_whether_it_runs(lab: Served) -> None:
    path = lab.directory / "daemon.json"
    assert "created" not in json.loads(path.read_text())
    os.utime(path, (5, 5))
    assert pid(lab)


def watched(body: str, beats: float, errors: Path) -> int:
    """Run this on a loop with a watchdog, in a process of its own.

    :returns: its exit status; below zero, the signal that ended it.
    """
    script = (
        "import asyncio, time\n"
        "from owlab.pocket.service.watchdog import Watchdog\n"
        "async def main():\n"
        f"    watching = asyncio.create_task(Watchdog(beats={beats}).run())\n"
        f"{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        "asyncio.run(main())\n"
    )
    with errors.open("wb") as file:
        return subprocess.run([sys.executable, "-c", script], stderr=file, timeout=120).returncode


def test_the_watchdog_ends_what_stands_still(tmp_path: Path) -> None:
    errors = tmp_path / "daemon.err"
    assert watched("await asyncio.sleep(0.5)", 0.02, errors) == 0
    assert watched("await asyncio.sleep(0.1); time.sleep(60)", 0.02, errors) == -signal.SIGKILL
    assert "in main" in errors.read_text()


def test_a_service_that_is_late_again_and_again_goes_on(tmp_path: Path) -> None:
    busy = """
    def deep(number):
        return number and deep(number - 1)
    for _ in range(150):
        await asyncio.sleep(0.001)
        until = time.monotonic() + 0.004
        while time.monotonic() < until:
            deep(20)
    """
    errors = tmp_path / "daemon.err"
    assert watched(busy, 0.0005, errors) == 0
    assert errors.read_text().count("Stack (most recent call first):") > 50
    watching_is_over = "watching.cancel(); await asyncio.sleep(0); time.sleep(0.5)"
    assert watched(watching_is_over, 0.02, errors) == 0
    assert errors.read_text() == ""


def test_a_script_on_standard_input_notices_it_too(
    lab: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWLAB_SILENCE", "1.5")
    process = psutil.Process(pid(lab))
    process.send_signal(signal.SIGSTOP)
    words = [sys.executable, "-m", "owlab.pocket.client.terminal", "--dir", str(lab.directory)]
    try:
        done = subprocess.run(words, input="echo a\n", capture_output=True, text=True, timeout=120)
    finally:
        process.send_signal(signal.SIGCONT)
    assert done.returncode == 255
    assert "the lab does not answer: process" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_it_stands_still_is_told(tmp_path: Path) -> None:
    stuck = (
        "import asyncio, threading, time\n"
        "from owlab.pocket.service.watchdog import Watchdog\n"
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "def in_this_function():\n    time.sleep(2)\n"
        "async def main():\n"
        "    asyncio.create_task(Watchdog(beats=0.05).run())\n"
        "    await asyncio.sleep(0.2)\n"
        "    in_this_function()\n"
        "asyncio.run(main())\n"
    )
    with (tmp_path / "daemon.err").open("wb") as errors:
        process = subprocess.Popen([sys.executable, "-c", stuck], stderr=errors)
        try:
            until(lambda: "in_this_function" in running.why_silent(tmp_path, process.pid))
        finally:
            process.kill()
            process.wait()


def test_an_answer_that_takes_its_time_is_no_silence(
    lab: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    service_process.ensure(lab.directory, "class")
    lab.mp("stop", "master")
    monkeypatch.setattr(wire, "SILENCE", 0.5)  # a machine takes two seconds to boot
    body = json.dumps({"machine": "master"}).encode()
    started = time.monotonic()
    about = multipass.service(str(lab.directory))
    answer = multipass.request(about, "POST", "/v1/consoles", body)
    assert answer.status == 200
    assert time.monotonic() - started > 1


def test_a_service_makes_no_folder_of_its_own(tmp_path: Path) -> None:
    words = [sys.executable, "-m", running.MODULE, "--dir", str(tmp_path / "gone")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "there is no folder" in done.stderr
    assert not (tmp_path / "gone").exists()
