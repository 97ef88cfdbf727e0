"""What is typed while a command of a terminal runs."""

from __future__ import annotations

import asyncio

import pytest

PATIENCE = 30


class Typist:
    """Lines that come only when the one before was answered."""

    def __init__(self, *lines: str, mark: str = "") -> None:
        self.lines, self.mark = list(lines), mark.encode()
        self.shown = bytearray()
        self.moved = asyncio.Event()

    async def show(self, data: bytes) -> None:
        self.shown.extend(data)
        if data and self.shown.endswith(self.mark):
            self.moved.set()

    async def read_chunk(self) -> bytes | None:
        await self.moved.wait()
        self.moved.clear()
        return f"{self.lines.pop(0)}\n".encode() if self.lines else None


@pytest.fixture
def session(master):
    return master.session(tty=True)


async def typed(session, text: str, *lines: str, mark: str = "") -> str:
    typist = Typist(*lines, mark=mark)
    async with asyncio.timeout(PATIENCE):
        await session.type(text, typist.show, typist.show, 0, typist)
    return typist.shown.decode()


async def test_a_question_is_shown_and_answered(session):
    assert await typed(session, "read -rp 'Name? ' a && echo hi $a; b=5; cd /tmp", "Ada") == (
        "Name? hi Ada\n"
    )
    assert await typed(session, "echo $a $b $PWD") == "Ada 5 /tmp\n"


async def test_lines_are_answered_as_they_come(session):
    shown = await typed(
        session, 'echo go; while read l; do echo "<$l>"; [ $l = q ] && break; done', "a", "b", "q"
    )
    assert shown == "go\n<a>\n<b>\n<q>\n"


async def test_a_menu(session):
    shown = await typed(
        session, "select x in red blue; do echo $REPLY $x; break; done", "2", mark="#? "
    )
    assert shown == "1) red\n2) blue\n#? 2 blue\n"


async def test_apt_asks(session):
    shown = await typed(session, "sudo apt-get install nfs-common", "n")
    assert shown.endswith("[Y/n] Abort.\n")


async def test_the_windows_size(session):
    session.size = (97, 31)
    assert await typed(session, "echo $COLUMNS $LINES") == "97 31\n"
