"""The supervisor's socket: requests in any pieces, and what it tells of processes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from owlab.pocket.openwhisk.supervision import PROGRAM, WORKER

TRUE, FALSE, SLEEP = (str(shutil.which(name)) for name in ("true", "false", "sleep"))


class Service:
    """The service's side, by hand."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        with theirs:
            self.program = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PROGRAM), str(theirs.fileno()), str(WORKER)],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.received = b""
        self.null = os.open(os.devnull, os.O_RDWR)

    def send(self, data: bytes, streams: int = 0) -> None:
        if streams:
            socket.send_fds(self.socket, [data], [self.null] * streams)
        else:
            self.socket.sendall(data)

    def event(self) -> dict[str, Any]:
        """The next that it tells."""
        while True:
            end = 4 + int.from_bytes(self.received[:4], "big")
            if len(self.received) >= max(end, 5):
                found: dict[str, Any] = json.loads(self.received[4:end])
                self.received = self.received[end:]
                return found
            data = self.socket.recv(65536)
            assert data, "the supervisor has ended"
            self.received += data

    def close(self) -> None:
        self.socket.close()
        self.program.wait(20)
        os.close(self.null)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


def frame(**request: Any) -> bytes:
    data = json.dumps(request).encode()
    return len(data).to_bytes(4, "big") + data


def start(number: int, directory: Path, *argv: str) -> bytes:
    return frame(op="start", id=number, argv=list(argv), program="", write=[], cwd=str(directory),
                 env={}, memory=1 << 28, read=["/"])  # fmt: skip


def ended(number: int, status: int, reason: str = "") -> dict[str, Any]:
    return {"event": "ended", "id": number, "status": status, "reason": reason}


@pytest.mark.parametrize("cut", [1, 4, 5, 40, -1])
def test_a_request_may_come_in_pieces(service: Service, tmp_path: Path, cut: int) -> None:
    second = start(2, tmp_path, SLEEP, "600")
    # What the first request leads to is told only after both have been read as far as they came.
    service.send(start(1, tmp_path, SLEEP, "600") + second[:cut], 3)
    first = service.event()
    assert (first["event"], first["id"]) == ("started", 1)
    service.send(second[cut:], 3)
    second_event = service.event()
    assert (second_event["event"], second_event["id"]) == ("started", 2)
    service.send(frame(op="kill", id=2) + frame(op="kill", id=1))
    told = [service.event(), service.event()]
    assert sorted(told, key=lambda event: int(event["id"])) == [ended(1, -9), ended(2, -9)]


def test_what_is_not_there_is_not_killed(service: Service, tmp_path: Path) -> None:
    service.send(frame(op="kill", id=7) + frame(op="busy", id=7, busy=True))
    service.send(start(1, tmp_path, SLEEP, "600"), 3)
    assert service.event()["event"] == "started"


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        ((TRUE,), 0),
        ((FALSE,), 1),
        (("/none",), 127),
        (("/bin/sh", "-c", "exit 7"), 7),
        (("/bin/sh", "-c", "kill -TERM $$; sleep 600"), -15),
        (("/bin/sh", "-c", "kill -HUP $$; sleep 600"), -1),
        (("/bin/sh", "-c", "kill -INT $$; sleep 600"), -2),
    ],
)
def test_how_a_process_ended(
    service: Service, tmp_path: Path, argv: tuple[str, ...], status: int
) -> None:
    service.send(start(1, tmp_path, *argv), 3)
    assert service.event()["event"] == "started"
    assert service.event() == ended(1, status)


def test_with_the_service_goes_all(tmp_path: Path) -> None:
    service = Service()
    service.send(start(1, tmp_path, SLEEP, "600"), 3)
    pid = service.event()["pid"]
    service.close()
    assert service.program.returncode == 0
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists() and not _alive(pid):
            return
        time.sleep(0.02)
    raise AssertionError("it outlives the service")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
