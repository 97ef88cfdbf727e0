"""The editor: nano's keys and vim's, typed."""

from __future__ import annotations

from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from owlab.pocket.client.editor import Editor
from owlab.pocket.client.tildes import TextWithTildes

ESC, ENTER = "\x1b", "\r"


def typed(
    program: str,
    text: str,
    keys: str,
    refuse: str = "",
    name: str = "f",
    read_only: bool = False,
) -> dict[str, str]:
    written: dict[str, str] = {}

    def write(name: str, content: str, force: bool) -> str:
        if name == refuse and not force:
            return "Permission denied"
        written[name] = content
        return ""

    with create_pipe_input() as source:
        source.send_text(keys)
        Editor(
            name,
            text,
            write,
            program=program,
            read_only=read_only,
            source=source,
            output=DummyOutput(),
        ).run()
    return written


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("", "hello\x0f\r\x18", {"f": "hello\n"}),
        ("a\n", "x\x18y\r", {"f": "xa\n"}),
        ("a\n", "x\x18n", {}),
        ("a\n", "\x18", {}),
        ("one\ntwo\n", "\x0b\x18y\r", {"f": "two\n"}),
        ("one\ntwo\n", "\x0b\x1b[B\x15\x18y\r", {"f": "two\none\n"}),
        ("a b\n", "\x17b\rX\x18y\r", {"f": "a Xb\n"}),
        ("a\n", "x\x0f\x7fg\r\x18", {"g": "xa\n"}),
        ("  a\n", "\x05\rx\x18y\r", {"f": "  a\nx\n"}),
    ],
)
def test_nano(before: str, keys: str, after: dict[str, str]) -> None:
    assert typed("nano", before, keys) == after


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("", f"ihello{ESC}:wq{ENTER}", {"f": "hello\n"}),
        ("a\n", f"xi{ESC}:q{ENTER}:q!{ENTER}", {}),
        ("one\ntwo\n", f"dd:x{ENTER}", {"f": "two\n"}),
        ("  a\n", f"Ao{ENTER}x{ESC}:x{ENTER}", {"f": "  ao\nx\n"}),
        ("a\nb\n", f"{ENTER}ix{ESC}:x{ENTER}", {"f": "a\nxb\n"}),
        ("one\ntwo\n", f"ddu:wq{ENTER}", {"f": "one\ntwo\n"}),
        ("one\ntwo\n", f"/two{ENTER}iX{ESC}:wq{ENTER}", {"f": "one\nXtwo\n"}),
        ("one\n", f"oend{ESC}:w g{ENTER}:q{ENTER}", {"g": "one\nend\n"}),
        ("a.b\na.b\n", f":%s/a/X/g{ENTER}:wq{ENTER}", {"f": "X.b\nX.b\n"}),
        ("one\ntwo\n", f"Ax{ESC}ZZ", {"f": "onex\ntwo\n"}),
        ("a\n", f":2{ENTER}:nonsense{ENTER}:q{ENTER}", {}),
        ("a\nb\nc\n", f"Gx:wq{ENTER}", {"f": "a\nb\nc\n"}),
        ("a\nb\nc\n", f":2{ENTER}yyp:x{ENTER}", {"f": "a\nb\nb\nc\n"}),
        ("one two\n", f"wcwTWO{ESC}0iX{ESC}:wq{ENTER}", {"f": "Xone TWO\n"}),
        ("b\n", f"Oa{ESC}jAc{ESC}Id{ESC}:wq{ENTER}", {"f": "a\ndbc\n"}),
        ("a\n", "xu\x12:wq\r", {"f": "\n"}),
        ("a\n", "xZQ", {}),
        ("a\n", f"x:e{ENTER}:e!{ENTER}:wq{ENTER}", {"f": "a\n"}),
        ("a b a\n", f"$?a{ENTER}x/b{ENTER}NxZZ", {"f": "  a\n"}),
        ("1\n2\n3\n", f":set number{ENTER}:set nonu{ENTER}:%d{ENTER}:wq{ENTER}", {"f": ""}),
        ("1\n2\n3\n", "Ggg2ddZZ", {"f": "3\n"}),
    ],
)
def test_vim(before: str, keys: str, after: dict[str, str]) -> None:
    assert typed("vim", before, keys) == after


def test_a_file_that_may_not_be_written() -> None:
    assert typed("vim", "a\n", f"x:wq{ENTER}:q!{ENTER}", refuse="f") == {}


def test_a_file_without_a_name() -> None:
    keys = f"ihello{ESC}:wq{ENTER}:w g{ENTER}:q{ENTER}"
    assert typed("vim", "", keys, name="") == {"g": "hello\n"}
    assert typed("nano", "", "hi\x18y\x15\x0bg\r", name="") == {"g": "hi\n"}


def test_a_file_that_is_protected() -> None:
    assert typed("vim", "a\n", f"x:w{ENTER}:q!{ENTER}", read_only=True) == {}
    assert typed("vim", "a\n", f"x:w!{ENTER}:q{ENTER}", read_only=True) == {"f": "\n"}


@pytest.mark.parametrize(
    ("how", "note"),
    [
        ({"program": "vim", "new": True}, '"f" [New]'),
        ({"program": "vim"}, '"f" 2L, 4B'),
        ({"program": "vim", "read_only": True}, '"f" [readonly] 2L, 4B'),
        ({"program": "vim", "problem": "Permission denied"}, '"f" [Permission denied]'),
        ({"program": "nano"}, "[ Read 2 lines ]"),
        ({"program": "nano", "problem": "Permission denied"}, "[ Error reading f: Permission"),
    ],
)
def test_what_it_says_first(how: dict[str, Any], note: str) -> None:
    draft = {"name": "f", "text": "a\nb\n", "new": False, "problem": "", "line": 2}
    with create_pipe_input() as source, create_app_session(input=source, output=DummyOutput()):
        editor = Editor.of({**draft, "read_only": False, **how}, lambda *_: "")
    assert editor.note.startswith(note)
    assert editor.buffer.document.cursor_position_row == 1


@pytest.mark.parametrize(
    ("text", "tildes", "rows"),
    [
        ("a\nb", True, ["a", "b", "~", "~"]),
        ("a\nb", False, ["a", "b"]),
        ("a\nb\nc\nd\ne", True, ["a", "b", "c", "d", "e"]),
    ],
)
async def test_tildes_below_the_text(text: str, tildes: bool, rows: list[str]) -> None:
    """As vim has them; nano has none."""
    buffer = Buffer()
    buffer.text = text
    buffer.cursor_position = len(text)
    content = TextWithTildes(buffer, tildes=tildes).create_content(width=20, height=4)
    lines = [content.get_line(number) for number in range(content.line_count)]
    assert ["".join(part[1] for part in line).rstrip() for line in lines] == rows
    assert content.cursor_position.y == text.count("\n")
