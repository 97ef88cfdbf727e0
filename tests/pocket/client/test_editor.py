"""The editor: nano's keys and vim's, typed."""

from __future__ import annotations

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from owlab.pocket.client.editing import words_of
from owlab.pocket.client.editor import Editor

ESC, ENTER = "\x1b", "\r"


def typed(program: str, text: str, keys: str, refuse: str = "") -> dict[str, str]:
    written: dict[str, str] = {}

    def write(name: str, content: str) -> str:
        if name == refuse:
            return "Permission denied"
        written[name] = content
        return ""

    with create_pipe_input() as source:
        source.send_text(keys)
        Editor("f", text, write, program=program, source=source, output=DummyOutput()).run()
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
        ("one\ntwo\n", f"ddu:wq{ENTER}", {"f": "one\ntwo\n"}),
        ("one\ntwo\n", f"/two{ENTER}iX{ESC}:wq{ENTER}", {"f": "one\nXtwo\n"}),
        ("one\n", f"oend{ESC}:w g{ENTER}:q{ENTER}", {"g": "one\nend\n"}),
        ("a.b\na.b\n", f":%s/a/X/g{ENTER}:wq{ENTER}", {"f": "X.b\nX.b\n"}),
        ("one\ntwo\n", f"Ax{ESC}ZZ", {"f": "onex\ntwo\n"}),
        ("a\n", f":2{ENTER}:nonsense{ENTER}:q{ENTER}", {}),
    ],
)
def test_vim(before: str, keys: str, after: dict[str, str]) -> None:
    assert typed("vim", before, keys) == after


def test_a_file_that_may_not_be_written() -> None:
    assert typed("vim", "a\n", f"x:wq{ENTER}:q!{ENTER}", refuse="f") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sudo vim /etc/exports", ("vim", "/etc/exports", "sudo ")),
        ("nano f.txt", ("nano", "f.txt", "")),
        ("vi +3 'a b'", ("vi", "a b", "")),
        ("/usr/bin/nano x", ("nano", "x", "")),
        ("sudoedit /etc/hosts", ("editor", "/etc/hosts", "sudo ")),
        ("vim a b", None),
        ("vim", None),
        ("vim --version", None),
        ("echo vim", None),
        ("vim a; ls", None),
        ("cat vim", None),
    ],
)
def test_which_lines_open_an_editor(text: str, found: tuple[str, str, str] | None) -> None:
    assert words_of(text) == found
