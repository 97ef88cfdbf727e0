"""What a pseudo-terminal does between a keyboard and a program: echo, erase, lines, ^C and ^D."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from owlab.pocket.ground.streams import Reader, Sink

_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|[^\[O])")
_HALF_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[ -/]*|O)?$")


class Interrupted(Exception):
    """^C was pressed while a line was being typed."""


class Terminal:
    """Lines out of keys. It is a ``Reader`` for programs that read them."""

    def __init__(self, keys: Reader | None, screen: Sink) -> None:
        self._keys, self._screen = keys, screen
        self._typed = ""
        self._rest = ""
        self._lines: asyncio.Queue[str | type[Interrupted] | None] = asyncio.Queue()
        self._interrupt: Callable[[], object] | None = None
        self._closed = keys is None
        self._listening = asyncio.ensure_future(self._listen())

    def close(self) -> None:
        """Nobody reads any more."""
        self._listening.cancel()

    async def write(self, data: bytes) -> None:
        """Show output: a new line begins at the left."""
        await self._screen(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    @contextmanager
    def interrupts(self, action: Callable[[], object]) -> Iterator[None]:
        """What ^C does meanwhile."""
        self._interrupt = action
        try:
            yield
        finally:
            self._interrupt = None

    async def line(self) -> str | None:
        """A line with its end, or None after ^D.

        :raises Interrupted: ^C was pressed instead.
        """
        if self._closed and self._lines.empty():
            return None
        line = await self._lines.get()
        if isinstance(line, type):
            raise line
        return line

    async def read_chunk(self) -> bytes | None:
        """A line for a program that reads this terminal."""
        try:
            line = await self.line()
        except Interrupted:
            return None
        return None if line is None else line.encode()

    async def _listen(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            while self._keys is not None and (chunk := await self._keys.read_chunk()) is not None:
                await self._press(self._rest + decoder.decode(chunk))
        finally:
            self._closed = True
            self._lines.put_nowait(None)

    async def _press(self, keys: str) -> None:
        keys = _ESCAPE.sub("", keys)
        half = _HALF_ESCAPE.search(keys)
        self._rest = half[0] if half else ""
        shown = ""
        for key in keys[: len(keys) - len(self._rest)]:
            shown += self._take(key)
        if shown:
            await self._screen(shown.encode())

    def _take(self, key: str) -> str:
        """Act on a key; returns what the screen shows of it."""
        if key in "\r\n":
            return self._enter("\n", "\r\n")
        if key == "\x04":  # ^D: the end of the input, or what is typed so far without a new line
            if self._typed:
                return self._enter("", "")
            self._lines.put_nowait(None)
        elif key == "\x03":
            self._typed = ""
            if self._interrupt is not None:
                self._interrupt()
            else:
                self._lines.put_nowait(Interrupted)
            return "^C\r\n"
        elif key in "\x7f\b" or key == "\x15":  # a character, or with ^U all of them
            gone = self._typed[-1:] if key != "\x15" else self._typed
            self._typed = self._typed[: len(self._typed) - len(gone)]
            return "\b \b" * len(gone)
        elif key >= " " or key == "\t":
            self._typed += key
            return key
        return ""

    def _enter(self, end: str, shown: str) -> str:
        self._lines.put_nowait(self._typed + end)
        self._typed = ""
        return shown
