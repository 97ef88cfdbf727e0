"""The service's side of the supervisor: who starts, watches and ends the processes of actions."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAM = HERE / "supervisor.py"
WORKER = HERE / "runtimes" / "python" / "worker.py"
Ended = Callable[[str], None]
"""Told once, with the reason: ``memory``, ``processes``, or nothing."""


class Supervision:
    """Starts the supervisor with the first process of an action."""

    def __init__(self, readable: Iterable[str] = ()) -> None:
        self._readable = list(readable)
        self._program: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._received = b""
        self._numbers = itertools.count(1)
        self._starting: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, Ended] = {}

    def _open(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        ours, theirs = socket.socketpair()
        with theirs:
            self._program = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PROGRAM), str(theirs.fileno()), str(WORKER)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.setblocking(False)
        self._socket = ours
        asyncio.get_running_loop().add_reader(ours, self._receive)
        return ours

    async def start(
        self,
        argv: list[str],
        *,
        program: str = "",
        write: Iterable[str] = (),
        directory: Path,
        env: dict[str, str],
        memory_mb: int,
        streams: tuple[int, int, int],
        ended: Ended,
    ) -> tuple[int, int]:
        """A new first process; returns its number here, and its id.

        No words: Python's interpreter, which runs its own worker, or ``program``. ``write`` are
        directories besides its own in which it may write. ``streams`` are its channel (whose
        descriptor is its last word), output and errors.
        """
        number = next(self._numbers)
        request = {
            "op": "start",
            "id": number,
            "argv": argv,
            "program": program,
            "write": list(write),
            "cwd": str(directory),
            "env": env,
            "memory": memory_mb * 1024 * 1024,
            "read": self._readable,
        }
        future = self._starting[number] = asyncio.get_running_loop().create_future()
        self._ended[number] = ended
        self._send(request, streams)
        try:
            return number, await future
        except BaseException:
            self._ended.pop(number, None)
            raise
        finally:
            self._starting.pop(number, None)

    def busy(self, number: int, busy: bool) -> None:
        """An action runs in it, so its memory is looked at often; or not any more."""
        if number in self._ended:
            self._send({"op": "busy", "id": number, "busy": busy})

    def kill(self, number: int) -> None:
        """End a process and all below it; it is told by ``ended``."""
        if number in self._ended:
            self._send({"op": "kill", "id": number})

    def _send(self, request: dict[str, Any], streams: tuple[int, ...] = ()) -> None:
        data = json.dumps(request).encode()
        data = len(data).to_bytes(4, "big") + data
        with contextlib.suppress(OSError):
            target = self._open()
            # Small frames: a socket takes them whole, or not at all when it is gone.
            target.setblocking(True)
            try:
                if streams:
                    socket.send_fds(target, [data], list(streams))
                else:
                    target.sendall(data)
            finally:
                target.setblocking(False)

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        self._received += data
        while len(self._received) >= 4:
            end = 4 + int.from_bytes(self._received[:4], "big")
            if len(self._received) < end:
                return
            event = json.loads(self._received[4:end])
            self._received = self._received[end:]
            self._told(event)

    def _told(self, event: dict[str, Any]) -> None:
        number = event["id"]
        waiting = self._starting.get(number)
        if event["event"] == "started":
            if waiting is not None and not waiting.done():
                waiting.set_result(event["pid"])
            else:
                self.kill(number)
        elif event["event"] == "failed":
            if waiting is not None and not waiting.done():
                waiting.set_exception(OSError(event["error"]))
        elif number in self._ended:
            self._ended.pop(number)(event["reason"])

    def _lost(self) -> None:
        """The supervisor is gone, and with it every process that it had started."""
        self.close()
        for future in self._starting.values():
            if not future.done():
                future.set_exception(OSError("the supervisor of the actions' processes ended"))
        told, self._ended = list(self._ended.values()), {}
        for ended in told:
            ended("")

    def close(self) -> None:
        """End the supervisor; what it still knows of is killed."""
        if self._socket is not None:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket, self._received = None, b""
        program, self._program = self._program, None
        if program is not None:
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                os.kill(program.pid, 9)
                program.wait()
