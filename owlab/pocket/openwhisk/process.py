"""One action container's process: started, initialised, run, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from owlab.pocket.openwhisk.errors import log_limit
from owlab.pocket.openwhisk.reaper import Reaper
from owlab.pocket.openwhisk.runtimes import Kind

SENTINEL = b"XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX"
# An interpreter with its libraries needs address space beyond what the action may use.
HEADROOM_MB = 512
LINE = 64 * 1024


class ProcessEnded(Exception):
    """The process exited (or was ended) instead of answering."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the worker answered: ``ok`` false is the developer's error."""

    ok: bool
    body: Any


class Logs:
    """Lines that an action printed, with their times, up to its log limit.

    The Kubernetes container factory cannot tell the standard error from the standard output:
    each line says stdout.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._limit = 10 * 1024 * 1024
        self._open = 0
        self._complete = asyncio.Event()

    def start(self, limit: int) -> None:
        """Forget the last activation's lines."""
        self._lines, self._size, self._limit = [], 0, limit
        self._open = 2
        self._complete.clear()

    def add(self, line: bytes) -> None:
        """One line of either stream; the sentinel ends its stream."""
        if line == SENTINEL or line.endswith(SENTINEL):
            if line != SENTINEL:
                self._keep(line.removesuffix(SENTINEL))
            self.close_one()
            return
        self._keep(line)

    def close_one(self) -> None:
        """One of the two streams has ended."""
        self._open -= 1
        if self._open <= 0:
            self._complete.set()

    def _keep(self, line: bytes) -> None:
        if self._size > self._limit:
            return
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        self._size += len(line) + 1
        if self._size > self._limit:
            self._lines.append(f"{stamp} stderr: {log_limit(self._limit)}")
        else:
            self._lines.append(f"{stamp} stdout: {line.decode(errors='replace')}")

    async def collect(self) -> list[str]:
        """The lines of the activation; waits a little for their end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._complete.wait(), 2)
        return list(self._lines)


class WorkerProcess:
    """A child process in a directory of its own, with nothing of our environment."""

    def __init__(self, kind: Kind, directory: Path, memory_mb: int, reaper: Reaper) -> None:
        self.kind, self.directory, self.memory_mb = kind, directory, memory_mb
        self.logs = Logs()
        self._reaper = reaper
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pumps: list[asyncio.Task[None]] = []

    @property
    def alive(self) -> bool:
        """The process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the interpreter; it waits for ``init``."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *self.kind.command(theirs.fileno(), self.memory_mb),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self.directory,
                env=self._environment(),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._reaper.add(self._process.pid)
        self._limit_memory(self._process.pid)
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            self._pumps.append(asyncio.create_task(self._pump(stream)))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "PYTHONIOENCODING": "utf-8",
        }

    def _limit_memory(self, pid: int) -> None:
        # Node.js reserves far more address space than it uses: its own flag limits it.
        if sys.platform == "linux" and self.kind.family == "python":
            import resource

            size = (self.memory_mb + HEADROOM_MB) * 1024 * 1024
            with contextlib.suppress(OSError, ValueError):
                resource.prlimit(pid, resource.RLIMIT_AS, (size, size))

    async def ask(self, request: dict[str, Any], *, log_bytes: int | None = None) -> Reply:
        """Send a request and wait for its reply. ``log_bytes`` begins new logs."""
        if log_bytes is not None:
            self.logs.start(log_bytes)
        if self._writer is None or self._reader is None:
            raise ProcessEnded
        data = json.dumps(request).encode()
        try:
            self._writer.write(len(data).to_bytes(4, "big") + data)
            await self._writer.drain()
            length = int.from_bytes(await self._reader.readexactly(4), "big")
            reply = json.loads(await self._reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ProcessEnded from error
        return Reply(bool(reply["ok"]), reply.get("body"))

    async def _pump(self, stream: asyncio.StreamReader) -> None:
        pending = b""
        while chunk := await stream.read(LINE):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                self.logs.add(line)
            if len(pending) > LINE:
                self.logs.add(pending)
                pending = b""
        if pending:
            self.logs.add(pending)
        self.logs.close_one()

    async def end(self) -> None:
        """Kill the process and all that it started; safe to repeat."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            await process.wait()
        self._reaper.remove(process.pid)
        if self._writer is not None:
            self._writer.close()
        for pump in self._pumps:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(pump, 1)
        self._process = None
