"""Starting, finding, stopping and losing the lab's process."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from owlab.pocket.client import multipass, service_process
from tests.pocket.service.conftest import Served
from tests.waiting import until


def pid(lab: Served) -> int:
    return int(service_process.status(lab.directory)["pid"])


def kept(lab: Served, path: str) -> bool:
    """The lab's file has what a command wrote on master."""
    with contextlib.closing(sqlite3.connect(lab.directory / "lab.sqlite")) as database:
        query = "SELECT count(*) FROM files WHERE machine = 'master' AND path = ?"
        return bool(database.execute(query, (path,)).fetchone()[0])


def test_ensure_is_idempotent_also_when_raced(lab: Served) -> None:
    first = pid(lab)
    binary = lab.directory / "bin" / "multipass"
    text = binary.read_text()
    for _ in range(5):
        binary.write_text("an older one\n")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: service_process.ensure(lab.directory), range(16)))
        assert binary.read_text() == text
    assert [path.name for path in binary.parent.iterdir()] == ["multipass"]
    assert pid(lab) == first


def test_racing_to_start_makes_one_process(tmp_path: Path) -> None:
    directory = tmp_path / "raced"
    script = (
        "from pathlib import Path; from owlab.pocket.client import service_process; "
        f"service_process.ensure(Path({str(directory)!r}))"
    )
    racers = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [racer.wait(60) for racer in racers] == [0, 0, 0]
    mine = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(directory) in (process.info["cmdline"] or [])
    ]
    assert len(mine) == 1
    service_process.destroy(directory)
    assert not directory.exists()


def test_a_second_process_refuses(lab: Served) -> None:
    words = [sys.executable, "-m", "owlab.pocket.service.daemon", "--dir", str(lab.directory)]
    second = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert second.returncode == 3
    assert "another process serves the lab" in second.stderr
    assert lab.mp("list")[0] == 0


def test_killed_between_commands(lab: Served) -> None:
    lab.on("master", "echo kept > ~/file")
    before = service_process.status(lab.directory)["machines"]
    os.kill(pid(lab), signal.SIGKILL)
    until(lambda: not service_process.status(lab.directory)["running"])
    status, _, err = lab.mp("list")
    assert status == 2
    assert "list failed: cannot connect to the pocket lab" in err
    service_process.ensure(lab.directory)
    assert service_process.status(lab.directory)["machines"] == before
    assert lab.on("master", "cat ~/file") == (0, "kept\n", "")


def test_killed_during_a_command(lab: Served) -> None:
    command = subprocess.Popen(
        [str(lab.binary), "exec", "master", "--", "bash", "-c", "echo a > ~/a; echo up; sleep 600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert command.stdout is not None
    assert command.stderr is not None
    assert command.stdout.readline() == "up\n"
    until(lambda: kept(lab, "/home/ubuntu/a"))
    os.kill(pid(lab), signal.SIGKILL)
    assert command.wait(20) == 255
    assert "broke off" in command.stderr.read()
    service_process.ensure(lab.directory)
    assert lab.on("master", "cat ~/a") == (0, "a\n", "")


def test_a_client_that_goes_away_ends_its_command(lab: Served) -> None:
    command = subprocess.Popen(
        [str(lab.binary), "exec", "master", "--", "bash", "-c", "echo up; sleep 600; touch ~/no"],
        stdout=subprocess.PIPE,
        text=True,
        stdin=subprocess.PIPE,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "up\n"
    command.send_signal(signal.SIGINT)
    assert command.wait(20) == 130
    assert lab.on("master", "ls ~") == (0, "", "")


def test_a_stale_announcement_of_another_process_is_not_believed(lab: Served) -> None:
    service_process.stop(lab.directory)
    innocent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    about = {"pid": innocent.pid, "created": 1.0, "port": 1, "token": "x", "speed": "instant"}
    (lab.directory / "daemon.json").write_text(json.dumps(about))
    service_process.stop(lab.directory)
    assert innocent.poll() is None
    (lab.directory / "daemon.json").write_text(json.dumps(about))
    assert service_process.status(lab.directory)["running"] is False
    service_process.ensure(lab.directory)
    assert lab.mp("list")[0] == 0
    innocent.communicate(b"\n")


def test_stopping_ends_the_process_and_keeps_the_lab(lab: Served) -> None:
    process = psutil.Process(pid(lab))
    service_process.stop(lab.directory)
    assert not process.is_running()
    assert not (lab.directory / "daemon.json").exists()
    service_process.stop(lab.directory)
    service_process.ensure(lab.directory)
    assert "master" in lab.mp("list")[1]


def test_destroy_removes_labs_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(service_process.ServiceError, match="is not a pocket lab"):
        service_process.destroy(tmp_path)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_lab_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    directory = tmp_path / "broken"
    directory.mkdir()
    (directory / "lab.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(service_process.ServiceError) as caught:
        service_process.ensure(directory)
    assert "did not start" in caught.value.brief
    assert "file is not a database" in caught.value.details
    assert "daemon.log" in caught.value.resolution


def test_the_token_is_needed_and_private(lab: Served) -> None:
    path = lab.directory / "daemon.json"
    assert path.stat().st_mode & 0o777 == 0o600
    about = json.loads(path.read_text())
    url = f"http://127.0.0.1:{about['port']}/v1/status"
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)
    assert about["token"] not in (lab.directory / "daemon.log").read_text()


def test_it_listens_on_loopback_only(lab: Served) -> None:
    process = psutil.Process(pid(lab))
    listening = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening
    assert all(c.laddr.ip.startswith("127.") for c in listening)


def test_two_labs_side_by_side(labs: Callable[[str], Served]) -> None:
    one, two = labs("one"), labs("two")
    for lab in (one, two):
        assert lab.mp("launch", "--name", "master")[0] == 0
    one.on("master", "echo one > ~/file")
    assert two.on("master", "ls ~") == (0, "", "")
    addresses = [
        service_process.status(lab.directory)["machines"][0]["address"] for lab in (one, two)
    ]
    if sys.platform == "linux":
        assert addresses[0] != addresses[1]
    service_process.stop(one.directory)
    assert two.mp("list")[0] == 0


def test_a_network_that_is_taken_is_not_used_twice(labs: Callable[[str], Served]) -> None:
    if sys.platform != "linux":
        pytest.skip("other systems have one loopback address")
    first = labs("first")
    network = str(service_process.status(first.directory)["network"])
    service_process.stop(first.directory)
    with socket.create_server((f"{network}.1", 46443)):
        service_process.ensure(first.directory)
        assert service_process.status(first.directory)["network"] != network
        assert first.mp("launch", "--name", "master")[0] == 0


def test_saving_and_restoring_a_whole_lab(lab: Served) -> None:
    lab.on("master", "echo one > ~/file")
    service_process.save(lab.directory, "start")
    lab.on("master", "echo two > ~/file")
    lab.mp("launch", "--name", "later")
    assert service_process.saved(lab.directory) == ["start"]
    service_process.restore(lab.directory, "start")
    assert lab.on("master", "cat ~/file") == (0, "one\n", "")
    assert "later" not in lab.mp("list")[1]
    with pytest.raises(service_process.ServiceError, match="no saved state 'nope'") as caught:
        service_process.restore(lab.directory, "nope")
    assert caught.value.details == "Saved: start."
    with pytest.raises(ValueError, match="not a name"):
        service_process.save(lab.directory, "../out")


def test_what_is_not_there_yet_is_said(lab: Served) -> None:
    with pytest.raises(service_process.ServiceError, match="There is no cluster yet"):
        service_process.kubeconfig(lab.directory)
    with pytest.raises(service_process.ServiceError, match="OpenWhisk does not answer yet"):
        service_process.wskprops(lab.directory)


def test_the_speed_can_be_changed_and_is_remembered(lab: Served) -> None:
    assert service_process.status(lab.directory)["speed"] == "instant"
    service_process.ensure(lab.directory, "class")
    assert service_process.status(lab.directory)["speed"] == "class"
    service_process.stop(lab.directory)
    service_process.ensure(lab.directory)
    assert service_process.status(lab.directory)["speed"] == "class"
    service_process.ensure(lab.directory, "instant")


def test_a_lab_whose_directory_is_removed_ends(lab: Served) -> None:
    process = psutil.Process(pid(lab))
    shutil.rmtree(lab.directory)
    process.wait(20)


def test_stopping_ends_what_runs(lab: Served) -> None:
    process = psutil.Process(pid(lab))
    command = subprocess.Popen(
        [str(lab.binary), "exec", "master", "--", "bash", "-c", "echo up; sleep 600"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == b"up\n"
    service_process.stop(lab.directory)
    assert not process.is_running()
    assert command.wait(20) == 255


def test_a_stream_that_ends_without_a_status_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    """The lab's process ended while a command ran: no exit status ever came."""

    class Ended:
        def read(self, size: int = -1) -> bytes:
            return b""

    assert multipass.follow({}, cast(Any, Ended()), None) == multipass.LOST
    assert "process ended while this ran" in capfd.readouterr().err
