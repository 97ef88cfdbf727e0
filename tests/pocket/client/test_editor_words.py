"""The editor's commands, one at a time: what they leave in the text and say below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from owlab.pocket.client.editor import READ_ONLY, UNSAVED, Editor

THREE = "one\ntwo\nthree one one\n"


class Desk:
    """An editor that is open, what it wrote, and with what status it was left."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str, bool]] = []
        self.problem = ""
        self.left: list[int] = []

    def write(self, name: str, text: str, force: bool) -> str:
        self.written.append((name, text, force))
        return self.problem

    def open(self, text: str = THREE, **how: Any) -> Editor:
        program = how.pop("program", "vim")
        draft = {"name": "f", "text": text, "program": program, "new": False, "problem": ""}
        editor = Editor.of({**draft, "line": 1, "read_only": False, **how}, self.write)
        editor._app.exit = lambda result: self.left.append(result)  # type: ignore[assignment,method-assign]
        return editor


@pytest.fixture
def desk() -> Iterator[Desk]:
    with create_pipe_input() as source, create_app_session(input=source, output=DummyOutput()):
        yield Desk()


def row(editor: Editor) -> int:
    return editor.buffer.document.cursor_position_row


@pytest.mark.parametrize(
    ("line", "at"),
    [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 3), (99, 3)],
)
def test_it_opens_on_a_line(desk: Desk, line: int, at: int) -> None:
    editor = desk.open(line=line)
    assert row(editor) == at
    assert editor.buffer.document.cursor_position_col == 0


@pytest.mark.parametrize(
    ("word", "at"),
    [("1", 0), ("2", 1), ("$", 2), ("0", 0), ("99", 3), ("", 1), (" 3 ", 2), ("²", 1)],
)
def test_a_number_is_a_line(desk: Desk, word: str, at: int) -> None:
    editor = desk.open(line=2)
    editor._command(word)
    assert row(editor) == at


@pytest.mark.parametrize("word", ["²", "two", "", "-1", "1.5"])
def test_what_is_not_a_line_number_moves_nothing(desk: Desk, word: str) -> None:
    editor = desk.open(line=2, program="nano")
    editor._go(word)
    assert row(editor) == 1


@pytest.mark.parametrize(
    ("word", "written", "note"),
    [
        ("w", [("f", THREE, False)], '"f" 3L, 22B written'),
        ("w!", [("f", THREE, True)], '"f" 3L, 22B written'),
        ("write", [("f", THREE, False)], '"f" 3L, 22B written'),
        ("w other name", [("other name", THREE, False)], '"other name" 3L, 22B written'),
        ("sav g", [("g", THREE, False)], '"g" 3L, 22B written'),
    ],
)
def test_writing(desk: Desk, word: str, written: list[object], note: str) -> None:
    editor = desk.open()
    editor._command(word)
    assert (desk.written, editor.note, desk.left) == (written, note, [])
    assert not editor.changed


@pytest.mark.parametrize(
    ("word", "changed", "writes", "left", "note"),
    [
        ("q", False, 0, [0], ""),
        ("q", True, 0, [], UNSAVED),
        ("quit", True, 0, [], UNSAVED),
        ("qa", True, 0, [], UNSAVED),
        ("q!", True, 0, [0], ""),
        ("quit!", True, 0, [0], ""),
        ("qa!", True, 0, [0], ""),
        ("cq", False, 0, [1], ""),
        ("cq!", True, 0, [1], ""),
        ("wq", False, 1, [0], None),
        ("wq", True, 1, [0], None),
        ("wqa!", True, 1, [0], None),
        ("x", False, 0, [0], ""),
        ("x", True, 1, [0], None),
        ("xa", True, 1, [0], None),
        ("xit", False, 0, [0], ""),
    ],
)
def test_leaving(
    desk: Desk, word: str, changed: bool, writes: int, left: list[int], note: str | None
) -> None:
    editor = desk.open()
    if changed:
        editor.buffer.insert_text("!")
    editor.note = ""
    editor._command(word)
    assert (len(desk.written), desk.left) == (writes, left)
    assert note is None or editor.note == note


def test_a_write_that_fails_does_not_leave(desk: Desk) -> None:
    desk.problem = "No space left on device"
    editor = desk.open()
    editor.buffer.insert_text("!")
    editor._command("wq")
    assert (desk.left, editor.changed) == ([], True)
    assert editor.note == '"f" E212: Can\'t open file for writing'


def test_nano_says_why_it_could_not_write(desk: Desk) -> None:
    desk.problem = "No space left on device"
    editor = desk.open(program="nano")
    editor._last_write("f")
    assert desk.left == []
    assert editor.note == "[ Error writing f: No space left on device ]"


@pytest.mark.parametrize(
    ("program", "note"), [("vim", "E32: No file name"), ("nano", "[ Cancelled ]")]
)
def test_no_name_to_write_to(desk: Desk, program: str, note: str) -> None:
    editor = desk.open(program=program, name="")
    assert not editor._write_as("")
    assert (editor.note, desk.written) == (note, [])


@pytest.mark.parametrize(
    ("text", "note", "content"),
    [
        ("", "[ Wrote 0 lines ]", ""),
        ("a", "[ Wrote 1 line ]", "a\n"),
        ("a\n", "[ Wrote 1 line ]", "a\n"),
        ("a\nb", "[ Wrote 2 lines ]", "a\nb\n"),
    ],
)
def test_nano_counts_the_lines(desk: Desk, text: str, note: str, content: str) -> None:
    editor = desk.open(text, program="nano")
    assert editor._write_as("f")
    assert (editor.note, desk.written) == (note, [("f", content, False)])
    assert not editor.changed


@pytest.mark.parametrize(
    ("read_only", "name", "force", "written"),
    [
        (True, "f", False, False),
        (True, "f", True, True),
        (True, "g", False, True),
        (False, "f", False, True),
    ],
)
def test_read_only(desk: Desk, read_only: bool, name: str, force: bool, written: bool) -> None:
    editor = desk.open(read_only=read_only)
    assert editor._write_as(name, force=force) is written
    assert (editor.note == READ_ONLY) is not written


@pytest.mark.parametrize(
    ("word", "note"),
    [
        ("set paste", "The pocket lab's editor does as if :set paste were not said"),
        ("set nopaste", "The pocket lab's editor does as if :set nopaste were not said"),
        ("set ts=4", "The pocket lab's editor does as if :set ts=4 were not said"),
        ("se list!", "The pocket lab's editor does as if :set list! were not said"),
        ("set nonsense", "E518: Unknown option: nonsense"),
        ("set", ""),
        ("set nu", ""),
        ("noh", ""),
        ("syntax on", ""),
        ("!ls -l", "The pocket lab's editor has no :!ls"),
        ("r /etc/hosts", "The pocket lab's editor has no :r"),
        ("help", "The pocket lab's editor has no :help"),
        ("  nonsense here ", "E492: Not an editor command: nonsense here"),
        ("e elsewhere", "E492: Not an editor command: e elsewhere"),
        ("", "before"),
    ],
)
def test_words_that_leave_the_text(desk: Desk, word: str, note: str) -> None:
    editor = desk.open()
    editor.note = "before"
    editor._command(word)
    assert (editor.note, editor.buffer.text) == (note, THREE)
    assert (desk.written, desk.left) == ([], [])


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ([], False),
        (["number"], True),
        (["nu"], True),
        (["nu", "nonumber"], False),
        (["nu", "nonu"], False),
    ],
)
def test_line_numbers(desk: Desk, words: list[str], numbers: bool) -> None:
    editor = desk.open()
    for word in words:
        editor._command(f"set {word}")
    assert editor._numbers is numbers


@pytest.mark.parametrize(
    ("words", "written"),
    [(["ro"], False), (["readonly"], False), (["ro", "noro"], True), (["noreadonly"], True)],
)
def test_the_option_readonly(desk: Desk, words: list[str], written: bool) -> None:
    editor = desk.open()
    for word in words:
        editor._command(f"set {word}")
    editor._command("w")
    assert bool(desk.written) is written


@pytest.mark.parametrize(
    ("word", "text", "note"),
    [
        ("s/o/0/", "one\ntw0\nthree one one\n", "1 substitutions"),
        ("s/o/0", "one\ntw0\nthree one one\n", "1 substitutions"),
        ("%s/o/0/", "0ne\ntw0\nthree 0ne one\n", "3 substitutions"),
        ("%s/o/0/g", "0ne\ntw0\nthree 0ne 0ne\n", "4 substitutions"),
        ("%s/^/# /", "# one\n# two\n# three one one\n", "3 substitutions"),
        ("s/x/y/", THREE, "E486: Pattern not found: x"),
        ("s/one/y/", THREE, "E486: Pattern not found: one"),
        ("%s/(/y/", THREE, "E486: Pattern not found: ("),
        (r"%s/o/\1/", THREE, "E486: Pattern not found: o"),
        (r"%s/o/\g<x>/", THREE, "E486: Pattern not found: o"),
        (r"%s/(o)n/\1\1/", "ooe\ntwo\nthree ooe one\n", "2 substitutions"),
    ],
)
def test_substitution(desk: Desk, word: str, text: str, note: str) -> None:
    editor = desk.open(line=2)
    editor._command(word)
    assert (editor.buffer.text, editor.note) == (text, note)


@pytest.mark.parametrize(
    ("line", "word", "text", "note", "at"),
    [
        (1, "d", "two\nthree one one\n", "", 0),
        (2, "d", "one\nthree one one\n", "", 1),
        (3, "d", "one\ntwo\n", "", 2),
        (2, "%d", "", "--No lines in buffer--", 0),
    ],
)
def test_deleting(desk: Desk, line: int, word: str, text: str, note: str, at: int) -> None:
    editor = desk.open(line=line)
    editor._command(word)
    assert (editor.buffer.text, editor.note, row(editor)) == (text, note, at)


@pytest.mark.parametrize(
    ("word", "changed", "text", "note"),
    [
        ("e", False, THREE, '"f" 3L, 22B'),
        ("e", True, "!" + THREE, UNSAVED),
        ("e!", True, THREE, '"f" 3L, 22B'),
        ("edit!", True, THREE, '"f" 3L, 22B'),
    ],
)
def test_as_it_was_written(desk: Desk, word: str, changed: bool, text: str, note: str) -> None:
    editor = desk.open()
    if changed:
        editor.buffer.insert_text("!")
    editor._command(word)
    assert (editor.buffer.text, editor.note) == (text, note)


@pytest.mark.parametrize(
    ("patterns", "back", "at", "note"),
    [
        (["one"], False, 14, "/one"),
        (["one", ""], False, 18, "/one"),
        (["one", "", ""], False, 0, "/one"),
        (["one"], True, 18, "?one"),
        (["one", ""], True, 14, "?one"),
        (["none"], False, 0, "E486: Pattern not found: none"),
        ([""], False, 0, "E486: Pattern not found: "),
    ],
)
def test_finding(desk: Desk, patterns: list[str], back: bool, at: int, note: str) -> None:
    editor = desk.open()
    for pattern in patterns:
        editor._find(pattern, back=back)
    assert (editor.buffer.cursor_position, editor.note) == (at, note)


def test_nano_finds(desk: Desk) -> None:
    editor = desk.open(program="nano")
    editor._find("two")
    assert (editor.buffer.cursor_position, editor.note) == (4, "")
    editor._find("four")
    assert (editor.buffer.cursor_position, editor.note) == (4, '[ "four" not found ]')


@pytest.mark.parametrize(
    ("text", "line", "cuts", "left", "pasted"),
    [
        ("a\nb\nc\n", 1, 1, "b\nc\n", "a\nb\nc\n"),
        ("a\nb\nc\n", 2, 2, "a\n", "a\nb\nc\n"),
        ("a\nb", 2, 1, "a\n", "a\nb"),
        ("", 1, 1, "", ""),
    ],
)
def test_lines_cut_and_pasted(
    desk: Desk, text: str, line: int, cuts: int, left: str, pasted: str
) -> None:
    editor = desk.open(text, line=line, program="nano")
    for _ in range(cuts):
        editor._cut_line()
    assert editor.buffer.text == left
    editor._paste()
    assert editor.buffer.text == pasted
    editor._paste()
    assert editor.buffer.text == pasted


def test_nano_asks_before_it_leaves(desk: Desk) -> None:
    editor = desk.open("a\n", program="nano")
    editor._leave()
    assert desk.left == [0]
    editor.buffer.insert_text("!")
    editor._leave()
    assert desk.left == [0]
    assert editor._asked() == "Save modified buffer?   Y Yes   N No   ^C Cancel "
    editor._decided("y")
    assert (editor._asked(), editor.line.text) == ("File Name to Write: ", "f")
    editor._last_write("g")
    assert (desk.written, desk.left) == ([("g", "!a\n", False)], [0, 0])


def test_nano_leaves_without_writing(desk: Desk) -> None:
    editor = desk.open("a\n", program="nano")
    editor._decided("n")
    assert (desk.written, desk.left) == ([], [0])


def test_the_line_above_says_what_was_changed(desk: Desk) -> None:
    editor = desk.open("a\n", program="nano")
    assert editor._title() == "  GNU nano (pocket lab)   f"
    editor.buffer.insert_text("!")
    assert editor._title() == "  GNU nano (pocket lab)   f  Modified"
