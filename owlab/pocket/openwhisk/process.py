"""One action container's process: started, initialised, run, ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.openwhisk import runtimes
from owlab.pocket.openwhisk.refusals import log_limit
from owlab.pocket.openwhisk.runtimes import RuntimeKind
from owlab.pocket.openwhisk.supervision import Supervision

SENTINEL = b"XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX"
LINE = 64 * 1024
# Seconds from a call's beginning until its memory is looked at often, and what it prints at once.
UNWATCHED = 0.01


class ProcessEnded(Exception):
    """The process ended instead of answering; the supervisor tells the ``reason``."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reply:
    """What the worker answered: ``ok`` false is the developer's error."""

    ok: bool
    body: Any
    lines: tuple[tuple[str, str], ...]
    """What a call among several in a container printed, with its times."""


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

    @property
    def complete(self) -> bool:
        """All that the activation printed is here."""
        return self._complete.is_set()

    def start(self, limit: int) -> None:
        """Forget the last activation's lines. Its end is told on both streams, by their writer."""
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

    def end(self) -> None:
        """Nothing will come any more."""
        self._complete.set()

    def _keep(self, line: bytes) -> None:
        if self._size > self._limit:
            return
        stamp = utc_now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        self._size += len(line) + 1
        if self._size > self._limit:
            self._lines.append(f"{stamp} stderr: {log_limit(self._limit)}")
        else:
            self._lines.append(f"{stamp} stdout: {line.decode(errors='replace')}")

    @staticmethod
    def limited(lines: tuple[tuple[str, str], ...], limit: int) -> list[str]:
        """A call's lines, as far as its log limit goes."""
        kept, size = [], 0
        for time, text in lines:
            size += len(text.encode(errors="replace")) + 1
            if size > limit:
                kept.append(f"{time} stderr: {log_limit(limit)}")
                break
            kept.append(f"{time} stdout: {text}")
        return kept

    async def collect(self) -> list[str]:
        """The lines of the activation; waits a little for their end."""
        if not self._complete.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._complete.wait(), 2)
        return list(self._lines)


class Pump:
    """Reads what the process prints, line by line, without waiting for anybody.

    While a short action runs nobody looks: all that it printed is there when its reply is.
    """

    def __init__(self, descriptor: int, logs: Logs) -> None:
        self._descriptor, self._logs = descriptor, logs
        self._pending = b""
        self._watching = False
        os.set_blocking(descriptor, False)
        self._loop = asyncio.get_running_loop()
        self.watch()

    def watch(self) -> None:
        """From now on take what is printed when it is."""
        if not self._watching and self._descriptor >= 0:
            self._watching = True
            self._loop.add_reader(self._descriptor, self._read)

    def hold(self) -> None:
        """Do not look until there is a reason."""
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._descriptor)

    def drain(self) -> None:
        """A call has ended: take what it printed."""
        while not self._logs.complete and self._read():
            pass

    def _read(self) -> bool:
        """A chunk, if there is one; false at the end, or when there is none now."""
        try:
            chunk = os.read(self._descriptor, LINE)
        except BlockingIOError:
            return False
        except OSError:
            chunk = b""
        if not chunk:
            self._loop.remove_reader(self._descriptor)
            return False
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            self._logs.add(line)
        if len(self._pending) > LINE:
            self._logs.add(self._pending)
            self._pending = b""
        return True

    def close(self) -> None:
        """Take what is there, and nothing more: others may still hold the other end."""
        while self._read():
            pass
        if self._pending:
            self._logs.add(self._pending)
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._logs.end()


_LONGEST = 64 * 2**20
"""Bytes of one reply; results are limited to a fraction of it afterwards."""


class Channel(asyncio.Protocol):
    """Requests and replies as frames: four bytes of length, then JSON."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process's other end is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A part of a reply, or all of it."""
        self._received += data
        while len(self._received) >= 4:
            end = 4 + int.from_bytes(self._received[:4], "big")
            if end > _LONGEST:  # a function writes here as it likes
                self.close()
                self.fail(ProcessEnded())
                return
            if len(self._received) < end:
                return
            frame = bytes(self._received[4:end])
            del self._received[:end]
            self._answered(frame)

    def _answered(self, frame: bytes) -> None:
        """Hand a reply to who waits for it: the only one, where the worker tells no number."""
        try:
            reply = json.loads(frame)
        except (ValueError, RecursionError):
            self.fail(ProcessEnded())
            return
        if not isinstance(reply, dict) or "ok" not in reply:
            self.fail(ProcessEnded())
            return
        number = reply.get("id", next(iter(self._waiting), 0))
        waiting = self._waiting.pop(number, None) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has closed its end."""
        self.fail(ProcessEnded())

    def fail(self, error: ProcessEnded) -> None:
        """Nothing will come any more."""
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(error)

    async def ask(self, request: dict[str, Any]) -> Any:
        """A request's reply."""
        if self._transport is None or self._transport.is_closing():
            raise ProcessEnded
        number = next(self._numbers)
        data = json.dumps(request | {"id": number}).encode()
        self._waiting[number] = future = asyncio.get_running_loop().create_future()
        self._transport.write(len(data).to_bytes(4, "big") + data)
        try:
            return await future
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """Close our end."""
        if self._transport is not None:
            self._transport.abort()


def _lines(told: object) -> tuple[tuple[str, str], ...]:
    """Times and texts; a function writes to its channel as it likes."""
    if not isinstance(told, list):
        return ()
    pairs = (pair for pair in told if isinstance(pair, list) and len(pair) == 2)
    return tuple((str(time), str(text)) for time, text in pairs)


class WorkerProcess:
    """A process in a directory of its own, with nothing of our environment."""

    def __init__(
        self,
        kind: RuntimeKind,
        directory: Path,
        memory_mb: int,
        supervision: Supervision,
        cache: Path | None = None,
    ) -> None:
        self.cache = cache
        self.variables: dict[str, str] = {}
        self.kind, self.directory, self.memory_mb = kind, directory, memory_mb
        self.logs = Logs()
        self.pid = 0
        self._supervision = supervision
        self._number = self._asked = 0
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._ended: asyncio.Event | None = None
        self._reason = ""
        self._channel = Channel()
        self._pump: Pump | None = None

    @property
    def alive(self) -> bool:
        """The process runs."""
        return self._ended is not None and not self._ended.is_set()

    def resident(self) -> int:
        """The bytes of memory that it has now, with what it started."""
        try:
            process = psutil.Process(self.pid)
            tree = [process, *process.children(recursive=True)]
            return sum(one.memory_info().rss for one in tree)
        except psutil.Error:
            return 0

    async def start(self) -> None:
        """Start the interpreter; it waits for ``init``."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        ours, theirs = socket.socketpair()
        # One for both streams: so their lines stay in order, and logs do not tell them apart.
        printed, end = os.pipe()
        self._ended = asyncio.Event()
        try:
            self._number, self.pid = await self._supervision.start(
                runtimes.command(self.kind),
                program=runtimes.program(self.kind),
                directory=self.directory,
                write=[str(self.cache)] if self.cache is not None else [],
                env=self._environment(),
                memory_mb=self.memory_mb,
                streams=(theirs.fileno(), end, end),
                ended=self._on_end,
            )
        except BaseException:
            self._ended = None
            ours.close()
            os.close(printed)
            raise
        finally:
            theirs.close()
            os.close(end)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._channel, sock=ours)
        self._pump = Pump(printed, self.logs)

    def _on_end(self, reason: str) -> None:
        self._reason = reason
        if self._ended is not None:
            self._ended.set()
        self._channel.fail(ProcessEnded(reason))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "PYTHONIOENCODING": "utf-8",
            **runtimes.environment(self.kind),
            **self.variables,
        }

    async def ask(self, request: dict[str, Any], *, log_bytes: int | None = None) -> Reply:
        """Send a request and wait for its reply. ``log_bytes`` begins new logs."""
        if log_bytes is not None:
            self.logs.start(log_bytes)
        if not self.alive or self._pump is None:
            raise ProcessEnded(self._reason)
        self._begin(self._pump)
        try:
            reply = await self._channel.ask(request)
        except ProcessEnded:
            # The channel may be closed a moment before the supervisor says why.
            raise ProcessEnded(await self._why()) from None
        finally:
            self._finish()
        return Reply(bool(reply["ok"]), reply.get("body"), _lines(reply.get("logs")))

    def _begin(self, pump: Pump) -> None:
        """The first call at a time: to tell the supervisor, or to look at what is printed, costs as
        much as a short action. Only longer ones are worth it."""
        self._asked += 1
        if self._asked > 1:
            return
        if self._timer is not None:
            self._timer.cancel()
        pump.hold()
        self._timer = asyncio.get_running_loop().call_later(UNWATCHED, self._watch)

    def _watch(self) -> None:
        """The call takes long; or it is over, and what is printed between calls is taken, too."""
        if self._pump is not None:
            self._pump.watch()
        if self._asked and not self._busy:
            self._busy = True
            self._supervision.busy(self._number, True)

    def _finish(self) -> None:
        self._asked -= 1
        if self._pump is not None:
            self._pump.drain()
        if self._busy and not self._asked:
            self._busy = False
            self._supervision.busy(self._number, False)

    async def _why(self) -> str:
        if self._ended is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)
        return self._reason

    async def end(self) -> None:
        """Kill the process and all that it started; safe to repeat."""
        ended = self._ended
        if ended is None:
            return
        self._supervision.kill(self._number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), 5)
        ended.set()
        self._channel.close()
        pump, self._pump = self._pump, None
        if self._timer is not None:
            self._timer.cancel()
        if pump is not None:
            pump.close()
