"""`less` and `more` at a terminal and elsewhere: when they page, and where they begin."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .test_keyboard import PATIENCE, Typist, session

__all__ = ["session"]
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
CLEAR = "\x1b[H\x1b[2J"


async def typed(session: Any, line: str, *keys: str) -> str:
    session.size = (20, 5)
    typist = Typist(*keys)
    async with asyncio.timeout(PATIENCE):
        await session.type(line, typist.show, typist.show_error, 0, typist)
    return (typist.errors + typist.shown).decode()


def screens(shown: str) -> list[list[str]]:
    """What each screen has, without its last line; the colours are taken out."""
    plain = shown.replace("\x1b[7m", "").replace("\x1b[27m", "")
    return [part.split("\n")[:4] for part in plain.partition(LEAVE)[0].split(CLEAR)[1:]]


@pytest.fixture
async def files(session: Any) -> None:
    await typed(session, "seq 9 > n; seq 2 > few; echo abcdefghijklmnopqrstuvwxyz > wide; mkdir d")
    await typed(session, "(seq 4; echo X; seq 4) > big; tr X x < big > small")
    await typed(session, "printf 'a\\n\\n\\n\\n\\nb\\n' > gaps; seq 30 | logger -t many")


@pytest.mark.parametrize(
    ("line", "keys", "first"),
    [
        ("less n", "q", ["1", "2", "3", "4"]),
        ("more n", "q", ["1", "2", "3", "4"]),
        ("less +G n", "q", ["6", "7", "8", "9"]),
        ("less +3 n", "q", ["3", "4", "5", "6"]),
        ("less n +3", "q", ["3", "4", "5", "6"]),
        ("less -N n", "q", ["      1 1", "      2 2", "      3 3", "      4 4"]),
        ("less few n", "q", ["1", "2", "1", "2"]),
        ("less few", "q", ["1", "2", "~", "~"]),
        ("less wide", "q", ["abcdefghijklmnopqrst", "uvwxyz", "~", "~"]),
        ("less -S wide", "q", ["abcdefghijklmnopqrst", "~", "~", "~"]),
        ("less --LINE-NUMBERS few", "q", ["      1 1", "      2 2", "~", "~"]),
        ("less --chop-long-lines wide", "q", ["abcdefghijklmnopqrst", "~", "~", "~"]),
        ("less gaps", "q", ["a", "", "", ""]),
        ("less -s gaps", "q", ["a", "", "b", "~"]),
        ("less -p 5 n", "q", ["5", "6", "7", "8"]),
        ("less --pattern=1 n", "q", ["1", "2", "3", "4"]),
        ("less -p x big", "q", ["1", "2", "3", "4"]),
        ("less -i -p x big", "q", ["X", "1", "2", "3"]),
        ("less -i -p X small", "q", ["1", "2", "3", "4"]),
        ("less -I -p X small", "q", ["x", "1", "2", "3"]),
        ("journalctl -e -t many -o cat", "q", ["27", "28", "29", "30"]),
        ("journalctl -t many -o cat", "q", ["1", "2", "3", "4"]),
        ("seq 9 | less", "q", ["1", "2", "3", "4"]),
        ("less < n", "q", ["1", "2", "3", "4"]),
    ],
)
async def test_where_it_begins(
    session: Any, files: None, line: str, keys: str, first: list[str]
) -> None:
    shown = await typed(session, line, keys)
    assert ENTER in shown and shown.count(LEAVE) == 1
    assert screens(shown)[0] == first


async def test_the_last_page_stays(session: Any, files: None) -> None:
    for line in ("less -X n", "less --no-init n", "more -X n"):
        shown = await typed(session, line, "q")
        assert CLEAR in shown and ENTER not in shown and LEAVE not in shown, line


async def test_keys_turn_pages(session: Any, files: None) -> None:
    # A key is what is typed without its line's end.
    shown = await typed(session, "less n", "G", "k", "g", "3j", "q")
    firsts = [screen[0] for screen in screens(shown)]
    assert firsts[0] == "1" and "6" in firsts and firsts[-1] in ("4", "5")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("more few", "1\n2\n"),
        ("less -F few", "1\n2\n"),
        ("less --quit-if-one-screen few", "1\n2\n"),
        ("less n | tail -n 1", "9\n"),
        ("less n > o; tail -n 1 o", "9\n"),
        ("seq 2 | more", "1\n2\n"),
        ("less d", "d is a directory\n"),
        ("less none", "none: No such file or directory\n"),
        ("less", 'Missing filename ("less --help" for help)\n'),
        ("more", "more: bad usage\n"),
        ("less /dev/null", ""),
    ],
)
async def test_where_nothing_is_paged(session: Any, files: None, line: str, shown: str) -> None:
    assert await typed(session, line, "q") == shown


async def test_elsewhere_all_of_it_is_printed(on: Any, master: Any) -> None:
    typed = await on("master", "seq 99 > n; less n | wc -l; more +50 n | wc -l; seq 5 | less")
    assert typed.out == "99\n99\n1\n2\n3\n4\n5\n"
    for line, err in (
        ("less none", "none: No such file or directory\n"),
        ("less /etc", "/etc is a directory\n"),
    ):
        typed = await on("master", line)
        assert (typed.out, typed.err, typed.status) == ("", err, 1)
