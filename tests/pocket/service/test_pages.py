"""Pages, and programs that have the whole terminal."""

from __future__ import annotations

import pytest

from owlab.pocket.programs.paging import Pager
from tests.keyboard import Keyboard
from tests.pocket.service.conftest import Served
from tests.pocket.service.test_terminal import WORDS


class Reader:
    """Turns pages with keys that are known from the start."""

    def __init__(self, *keys: str) -> None:
        self.keys = [*keys, "q"]
        self.seen: list[str] = []

    async def ask(
        self, *, echo: bool = True, keys: int = 0, seconds: float | None = None
    ) -> bytes | None:
        return self.keys.pop(0).encode()

    async def edit(self, draft: object, save: object) -> int:
        raise AssertionError("a pager edits nothing")

    async def show(self, text: str) -> None:
        self.seen.append(text)


NUMBERS = "".join(f"{number}\n" for number in range(1, 101))


@pytest.mark.parametrize(
    ("keys", "top", "note"),
    [
        ("", 0, "f"),
        (" ", 9, ""),
        ("  b", 9, ""),
        ("3j", 3, ""),
        ("jjk", 1, ""),
        ("\x1b[B\x1b[6~", 10, ""),
        ("G", 91, "(END)"),
        ("G\x1b[H", 0, ""),
        ("50G", 49, ""),
        ("d", 4, ""),
        ("/42\r", 41, ""),
        ("/4\rn", 13, ""),
        ("/9\rN", 8, "Pattern not found"),
        ("G?42\r", 41, ""),
        ("/4x\x7f2\r", 41, ""),
        ("/none\r", 0, "Pattern not found"),
        ("/[\r", 0, "Invalid pattern"),
        ("n", 0, "No previous regular expression"),
    ],
)
async def test_turning(keys: str, top: int, note: str) -> None:
    reader = Reader(*([keys] if keys else []))
    pager = Pager(NUMBERS, "f", (20, 10), reader, reader.show)
    await pager.run()
    assert pager.top == top
    assert note in reader.seen[-2]
    assert reader.seen[-1].endswith("\x1b[?1049l")


def test_long_lines() -> None:
    reader = Reader()
    pages = Pager("abcdefgh\nx\n", "f", (4, 10), reader, reader.show)
    assert pages.rows == ["abcd", "efgh", "x"]
    chopped = Pager("abcdefgh\nx", "f", (4, 10), reader, reader.show, chop=True)
    assert chopped.rows == ["abcd", "x"]


@pytest.fixture
def typist(lab: Served) -> Keyboard:
    lab.on("master", "touch .hushlogin; seq 100 > n")
    typist = Keyboard([*WORDS, str(lab.directory), "master"])
    typist.expect("$")
    return typist


def test_less_and_top(typist: Keyboard) -> None:
    for line in ("less n", "cat n | less", "sudo less n", "cd /tmp; less ~/n"):
        typist.type(f"{line}\r")
        typist.expect("\x1b[?1049h")
        typist.expect("23\r\n")
        typist.type("G")
        typist.expect("(END)")
        typist.type("q")
        typist.expect("\x1b[?1049l")
    typist.type("top\r")
    typist.expect("load average")
    typist.type(" ")
    typist.expect("load average")
    typist.type("q")
    typist.expect("\x1b[?1049l")
    typist.type("top -bn1 | head -n 1; less ~/n | tail -n 1; less ~/n > o; tail -n 1 o\r")
    typist.expect("load average")
    typist.expect("\r\n100\r\n100\r\n")
    typist.type("less\r")
    typist.expect("Missing filename")


def test_ctrl_c_leaves_the_other_screen(typist: Keyboard) -> None:
    typist.type("less n\r")
    typist.expect("\x1b[?1049h")
    typist.expect("23\r\n")
    typist.type("\x03")
    typist.expect("\x1b[?1049l")
    typist.type("echo back $((6*7))\r")
    typist.expect("back 42\r\n")


def test_colours_behind_other_commands(typist: Keyboard) -> None:
    typist.type("mkdir d; ls\r")
    typist.expect("\x1b[01;34md\x1b[0m")
    typist.type("ls | cat; echo end\r")
    typist.expect("end\r\n")
    typist.type("ls | cat\r")
    typist.expect("d\r\nn\r\n")
