"""What may happen to a lab's service, and to the files and ports that it needs."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from owlab.pocket.client import multipass, running
from owlab.pocket.client.wire import Gone

Fault = Callable[[Path, random.Random], None]


def _signalled(number: int) -> Fault:
    def do(directory: Path, chance: random.Random) -> None:
        if found := running.process(directory):
            found.send_signal(number)

    return do


def pause(directory: Path, chance: random.Random) -> None:
    """It stands still for a moment, and goes on."""
    if found := running.process(directory):
        found.send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0, 0.4))
        found.send_signal(signal.SIGCONT)


def freeze(directory: Path, chance: random.Random) -> None:
    """It stands still, and is ended by force."""
    if found := running.process(directory):
        found.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        found.kill()


def fill_the_disk(directory: Path, chance: random.Random) -> None:
    """No file of the service grows any more, for a while."""
    found = running.process(directory)
    if found is None or sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        before = resource.prlimit(found.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(found.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        time.sleep(chance.uniform(0.1, 0.5))
        resource.prlimit(found.pid, resource.RLIMIT_FSIZE, before)


def lose_the_announcement(directory: Path, chance: random.Random) -> None:
    path = directory / "daemon.json"
    with contextlib.suppress(OSError):
        path.unlink() if chance.random() < 0.5 else path.write_bytes(chance.randbytes(20))


def drop_connections(directory: Path, chance: random.Random) -> None:
    """Clients that hang up in the middle of what they say."""
    with contextlib.suppress(OSError, Gone, KeyError):
        about = multipass.service(str(directory))
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", about["port"]), 2) as peer:
                body = json.dumps({"machine": "master", "script": "sleep 1; echo a"}).encode()
                head = "POST /v1/execute HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                head += f"{about['token']}\r\nContent-Length: {len(body)}\r\n\r\n"
                whole = head.encode() + body
                peer.sendall(whole[: chance.randrange(1, len(whole) + 1)])


def jump_the_files_clock(directory: Path, chance: random.Random) -> None:
    """What was written comes from another time, as when the computer's clock was set."""
    when = chance.choice((0, 2**31 - 1, time.time() + 1e8))
    for path in directory.glob("*"):
        with contextlib.suppress(OSError):
            os.utime(path, (when, when))


def take_the_port(directory: Path, chance: random.Random) -> None:
    """It ends, and something else takes the API server's port before it is back."""
    if found := running.process(directory):
        found.kill()
        with contextlib.suppress(Exception):
            found.wait(5)
    for host in ("127.0.0.1", *(f"127.{n}.0.1" for n in range(9, 12))):
        with contextlib.suppress(OSError), socket.create_server((host, 6443)):
            time.sleep(0.02)


FAULTS: dict[str, Fault] = {
    "kill -9": _signalled(signal.SIGKILL),
    "kill -TERM": _signalled(signal.SIGTERM),
    "kill -HUP": _signalled(signal.SIGHUP),
    "pause": pause,
    "freeze": freeze,
    "full disk": fill_the_disk,
    "lost announcement": lose_the_announcement,
    "dropped connections": drop_connections,
    "clock": jump_the_files_clock,
    "taken port": take_the_port,
}
