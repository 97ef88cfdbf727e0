"""Commands that clients have running: their output as frames, their input as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict

from owlab.pocket.client import frames
from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.ground.keyboards import Draft, Save

log = logging.getLogger(__name__)

MOST_WAITING = 64
BEAT_SECONDS = 3.0
"""A client that hears nothing for several of these says that the lab does not answer."""


class RunInput:
    """Standard input that a client sends in pieces. Until it does, there is none yet."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ended = False

    def feed(self, data: bytes) -> None:
        """The next piece; an empty one is the end."""
        self._pieces.put_nowait(data or None)

    async def read_chunk(self) -> bytes | None:
        """The next piece, or None at the end, and for ever after."""
        if self._ended:
            return None
        piece = await self.next_piece()
        self._ended = piece is None
        return piece

    async def next_piece(self) -> bytes | None:
        """The next piece, or None for an end that may not be the last."""
        return await self._pieces.get()


class RunKeyboard:
    """The client's terminal: it is told when something is wanted, and sends that."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def ask(
        self, *, echo: bool = True, keys: int = 0, seconds: float | None = None
    ) -> bytes | None:
        """A line, or so many keys; None where Ctrl-D ended it."""
        await self._tell(echo=echo, keys=keys)
        try:
            async with asyncio.timeout(seconds):
                return await self._run.input.next_piece()
        except (TimeoutError, asyncio.CancelledError):
            await self._tell(stop=True)
            raise

    async def edit(self, draft: Draft, save: Save) -> int:
        """The client's editor, which hands over what is written as often as it is."""
        self._run.save = save
        await self._run.say(frames.EDIT, json.dumps(asdict(draft)))
        ended = await self._run.input.next_piece()
        return int(ended or b"1")

    async def _tell(self, **wanted: bool | int) -> None:
        await self._run.say(frames.ASK, json.dumps(wanted))


class Run:
    """One command of one client."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.input = RunInput()
        self.save: Save | None = None
        """What its editor writes with, while one is open."""
        # Bounded: a client that does not read holds its command back, as a pipe would.
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_WAITING)

    async def out(self, data: bytes) -> None:
        """Send standard output."""
        await self._frames.put(frames.frame(frames.OUT, data))

    async def err(self, data: bytes) -> None:
        """Send standard error."""
        await self._frames.put(frames.frame(frames.ERR, data))

    async def say(self, kind: bytes, text: str) -> None:
        """Send a word of the protocol."""
        await self._frames.put(frames.frame(kind, text.encode()))

    async def stream(self, work: Callable[[Run], Awaitable[int]]) -> AsyncGenerator[bytes, None]:
        """Run ``work`` and yield its frames. When the client goes away, the work is cancelled."""
        yield frames.frame(frames.RUN, self.id.encode())
        task = asyncio.ensure_future(self._carry_out(work))
        try:
            while (piece := await self._next()) is not None:
                yield piece
        finally:
            if not task.done():
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _next(self) -> bytes | None:
        """The next frame, or None at the end; a beat when there is none for a while."""
        if not self._frames.empty():
            return self._frames.get_nowait()
        try:
            return await asyncio.wait_for(self._frames.get(), BEAT_SECONDS)
        except TimeoutError:
            return frames.frame(frames.BEAT, b"")

    async def _carry_out(self, work: Callable[[Run], Awaitable[int]]) -> None:
        try:
            status = await work(self)
        except DiskFull as error:
            text = f"owlab: the lab's disk is full: {error}. Free some space and repeat.\n"
            await self.err(text.encode())
            status = 1
        except Exception:
            log.exception("the command %s failed", self.id)
            text = f"owlab: the lab itself failed; in daemon.log it is called {self.id}.\n"
            await self.err(text.encode())
            status = 1
        await self.say(frames.EXIT, str(status))
        await self._frames.put(None)


class Runs:
    """The runs that are going on, so that input finds its command."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    async def stream(self, work: Callable[[Run], Awaitable[int]]) -> AsyncGenerator[bytes, None]:
        """Start a run and yield its frames."""
        run = Run()
        self._runs[run.id] = run
        stream = run.stream(work)
        try:
            async for piece in stream:
                yield piece
        finally:
            self._runs.pop(run.id, None)
            await stream.aclose()

    def find(self, name: str) -> Run | None:
        """The run of that id."""
        return self._runs.get(name)
