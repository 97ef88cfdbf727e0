"""`less` and `more`: pages at a terminal; where nobody turns them, all of them at once."""

from __future__ import annotations

import re

from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Options, parse
from owlab.pocket.programs.paging import Pager
from owlab.pocket.programs.tput import USUAL, window

NAMES = "no-init quit-if-one-screen LINE-NUMBERS chop-long-lines ignore-case IGNORE-CASE pattern= "
NAMES += "RAW-CONTROL-CHARS raw-control-chars squeeze-blank-lines"
ABSENT = "a c d e E g G J j k K l M m o P q Q t u U V w W x"
LETTERS = "eEFgiIJKmMnNqQrRsSuUVwWXfacdlp:x:j:P:t:k:o:"


@program("less", "more", "pager", machines="all")
async def less(call: Call) -> int:
    """Show FILEs, or standard input: ``-N -S -F -X -i -s -p +G``; ``/`` searches, ``q`` leaves."""
    begins = [word for word in call.argv if word.startswith("+")]
    call.argv = [word for word in call.argv if not word.startswith("+")]
    # For `more` it is no pattern, but another way to draw.
    own = " p" if call.name == "more" else ""
    options = parse(call, LETTERS, NAMES, absent=ABSENT + own)
    if not options.words and isinstance(call.reader, KeyboardReader):
        missing = 'Missing filename ("less --help" for help)\n'
        await call.err(missing if call.name != "more" else "more: bad usage\n")
        return 1
    status, text = 0, b""
    if not options.words:
        if call.screen is None:
            while (chunk := await call.reader.read_chunk()) is not None:
                await call.out(chunk)
            return 0
        text = await call.stdin()
    for name in options.words:
        path = call.path(name)
        if call.fs.is_directory(path):
            await call.err(f"{name} is a directory\n")
            status = 1
            continue
        try:
            text += call.fs.read_file(path)
        except OSError as error:
            await call.err(f"{name}: {error.strerror}\n")
            status = 1
    if call.screen is None or not text:
        await call.out(text)
        return status
    await _paged(call, text.decode(errors="replace"), options, begins)
    return status


async def _paged(call: Call, text: str, options: Options, begins: list[str]) -> None:
    name = " ".join(options.words)
    if options.has("s", "squeeze-blank-lines"):
        text = re.sub(r"\n{3,}", "\n\n", text)
    pager = _pager(call, text, name)
    pager.numbers = options.has("N", "LINE-NUMBERS")
    pager.chop = options.has("S", "chop-long-lines")
    pager.stays = options.has("X", "no-init")
    pager.folds = options.has("I", "IGNORE-CASE")
    pager.folds_small = options.has("i", "ignore-case")
    pager.rows.clear()
    pager.__post_init__()
    if pager.fits and (call.name == "more" or options.has("F", "quit-if-one-screen")):
        await call.out(text)
        return
    for begin in begins:
        word = begin[1:]
        pager.top = max(len(pager.rows) - pager.page, 0) if word == "G" else pager.top
        pager.top = int(word) - 1 if word.isdecimal() else pager.top
    if (pattern := options.value("p", "pattern")) is not None:
        pager.begin_at(pattern)
    await pager.run()


def _pager(call: Call, text: str, name: str) -> Pager:
    assert call.screen is not None

    async def show(data: str) -> None:
        await call.out(data)

    return Pager(text, name, window(call) or USUAL, call.screen, show)


async def in_pages(call: Call, text: str, name: str, *, at_end: bool = False) -> None:
    """Page what a program prints, where it is longer than the window."""
    if call.screen is not None and text:
        pager = _pager(call, text, name)
        if not pager.fits:
            pager.top = len(pager.rows) - pager.page if at_end else 0
            await pager.run()
            return
    await call.out(text)
