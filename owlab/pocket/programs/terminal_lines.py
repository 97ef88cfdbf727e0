"""What `read` and `mapfile` get at a terminal: one line, or a few keys, when they want it."""

from __future__ import annotations

import asyncio
import getopt

from owlab.pocket.bash.terminal_reads import LINE
from owlab.pocket.ground.keyboards import Keyboard, KeyboardReader
from owlab.pocket.programs.base import Call, program

FLAGS = "a:d:ei:n:N:p:rst:u:"
INVALID, TIMED_OUT = 2, 142


@program(LINE, machines="all")
async def line(call: Call) -> int:
    """Print what is typed, for the words of `read`; ``--all`` every line until Ctrl-D."""
    if call.argv[:1] == ["--prompt"]:
        return await _prompt(call)
    if not isinstance(call.reader, KeyboardReader):
        return 1
    if call.argv == ["--all"]:
        await call.out(await call.stdin())
        return 0
    given = _given(call.argv)
    if given is None:
        return INVALID  # which `read` itself says
    try:
        typed = await _typed(call.reader.keyboard, given)
    except TimeoutError:
        return TIMED_OUT
    await call.out(typed or b"")
    return 0 if typed else 1


async def _prompt(call: Call) -> int:
    await call.err((_given(call.argv[1:]) or {}).get("-p", ""))
    return 0


def _given(words: list[str]) -> dict[str, str] | None:
    try:
        return dict(getopt.getopt(words, FLAGS)[0])
    except getopt.GetoptError:
        return None


async def _typed(keyboard: Keyboard, given: dict[str, str]) -> bytes | None:
    echo, delimiter = "-s" not in given, given.get("-d", "\n")[:1].encode() or b"\0"
    count = next((given[name] for name in ("-n", "-N") if given.get(name, "").isdecimal()), "")
    seconds = _number(given.get("-t"))
    if not count and delimiter == b"\n":
        return await keyboard.ask(echo=echo, seconds=seconds)
    typed = b""
    async with asyncio.timeout(seconds):
        while not count or len(typed.decode(errors="ignore")) < int(count):
            key = await keyboard.ask(echo=echo, keys=1)
            typed += key or b"\x04"
            if typed.endswith(delimiter) and "-N" not in given:
                break
    return typed


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
