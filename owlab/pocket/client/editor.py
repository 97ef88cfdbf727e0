"""A text editor in the terminal: nano's keys shown below, and vim's for those who type them.

It edits text that is given and hands back what was written, as often as it was written; where the
text comes from is not its business.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, has_focus, vi_navigation_mode
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.layout import Dimension, HSplit, Layout, Window
from prompt_toolkit.layout.containers import ConditionalContainer
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.margins import ConditionalMargin, NumberedMargin
from prompt_toolkit.output import Output

from owlab.pocket.client.tildes import TextWithTildes

Write = Callable[[str, str, bool], str]
"""Writes a text to a file name, insisting or not; returns what is wrong, or nothing."""

SHORTCUTS = (
    " ^O Write Out   ^W Where Is    ^K Cut Line    ^X Exit\n"
    " ^G Help        ^_ Go To Line  ^U Paste       M-U Undo"
)
VI = ("vim", "vi", "view")
NOT_HERE = ("r", "read", "split", "sp", "vs", "vsplit", "tabnew", "b", "bn", "n", "help", "h", "g")
LOOKS = frozenset(
    (
        *("paste", "hlsearch", "hls", "incsearch", "is", "ignorecase", "ic", "smartcase", "wrap"),
        *("list", "ruler", "ru", "autoindent", "ai", "expandtab", "et", "tabstop", "ts", "sw"),
        *("shiftwidth", "softtabstop", "sts", "mouse", "encoding", "fileencoding", "syntax"),
        *("compatible", "cp", "background", "bg", "cursorline", "cul", "showmode", "fileformat"),
    )
)
SUBSTITUTE = re.compile(r"(%?)s/((?:[^/\\]|\\.)*)/((?:[^/\\]|\\.)*)/?(g?)")
READ_ONLY = "E45: 'readonly' option is set (add ! to override)"
UNSAVED = "E37: No write since last change (add ! to override)"


@dataclass
class Question:
    """What the line at the bottom asks, and what is done with the answer."""

    prompt: str
    answer: Callable[[str], object]
    one_key: bool = False


class Editor:
    """One file, open."""

    def __init__(
        self,
        name: str,
        text: str,
        write: Write,
        *,
        program: str = "nano",
        new: bool = False,
        problem: str = "",
        line: int = 1,
        read_only: bool = False,
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.name, self._write, self.vi = name, write, program in VI
        self._saved = text
        self._read_only = read_only
        self._cut: list[str] = []
        self._pattern = ""
        self._numbers = False
        self._question: Question | None = None
        self.note = self._opened(text, new, problem)
        self.buffer = Buffer(document=Document(text, 0), multiline=True)
        self._go(str(line))
        self.line = Buffer(multiline=False)
        self._app: Application[int] = Application(
            layout=self._layout(),
            key_bindings=self._keys(),
            editing_mode=EditingMode.VI if self.vi else EditingMode.EMACS,
            full_screen=True,
            input=source,
            output=output,
        )

    @classmethod
    def of(cls, draft: dict[str, Any], write: Write) -> Editor:
        """With what a command wants to be edited."""
        return cls(
            draft["name"],
            draft["text"],
            write,
            program=draft["program"],
            new=draft["new"],
            problem=draft["problem"],
            line=draft["line"],
            read_only=draft["read_only"],
        )

    def _opened(self, text: str, new: bool, problem: str) -> str:
        """What the line at the bottom says first."""
        name, lines = self.name, text.count("\n") + bool(text and not text.endswith("\n"))
        if not self.vi:
            if problem:
                return f"[ Error reading {name}: {problem} ]"
            number = f"[ Read {lines} line{'' if lines == 1 else 's'} ]"
            return "[ New File ]" if new and name else number if name else ""
        if problem and not new:
            return f'"{name}" [{problem}]'
        if not name:
            return ""
        locked = "[readonly] " if self._read_only else ""
        return f'"{name}" [New]' if new else f'"{name}" {locked}{lines}L, {len(text.encode())}B'

    def run(self) -> int:
        """Edit until the user leaves; returns an exit status."""
        return self._app.run(pre_run=self._begin)

    def _begin(self) -> None:
        if self.vi:
            self._app.vi_state.input_mode = InputMode.NAVIGATION

    @property
    def changed(self) -> bool:
        """There is something that was not written."""
        return self.buffer.text != self._saved

    # what is on the screen

    def _layout(self) -> Layout:
        asking = Condition(lambda: self._question is not None)
        numbers = ConditionalMargin(NumberedMargin(), Condition(lambda: self._numbers))
        lines = TextWithTildes(self.buffer, tildes=self.vi)
        text = Window(lines, wrap_lines=True, left_margins=[numbers])
        self._text = text
        self._line = Window(BufferControl(self.line), height=1)
        head = Window(FormattedTextControl(self._title), height=1, style="reverse")
        asked = HSplit([Window(FormattedTextControl(lambda: self._asked()), height=1), self._line])
        note = Window(FormattedTextControl(lambda: self._below()), height=1)
        keys = Window(FormattedTextControl(SHORTCUTS), height=Dimension.exact(2))
        rows = [
            ConditionalContainer(head, Condition(lambda: not self.vi)),
            text,
            ConditionalContainer(asked, asking),
            ConditionalContainer(note, ~asking),
            ConditionalContainer(keys, Condition(lambda: not self.vi)),
        ]
        return Layout(HSplit(rows), focused_element=text)

    def _title(self) -> str:
        return f"  GNU nano (pocket lab)   {self.name}{'  Modified' if self.changed else ''}"

    def _asked(self) -> str:
        return self._question.prompt if self._question is not None else ""

    def _below(self) -> str:
        if self.vi and self._app.vi_state.input_mode == InputMode.INSERT:
            return "-- INSERT --"
        return self.note

    # what the keys do

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        in_text = has_focus(self.buffer)
        in_line = has_focus(self.line)
        self._line_keys(keys, in_line)
        if self.vi:
            self._vi_keys(keys, in_text)
        else:
            self._nano_keys(keys, in_text)
        return keys

    def _line_keys(self, keys: KeyBindings, in_line: Condition) -> None:
        @keys.add("enter", filter=in_line)
        def accept(event: KeyPressEvent) -> None:
            question, text = self._question, self.line.text
            self._back()
            if question is not None:
                question.answer(text)

        @keys.add("c-c", filter=in_line, eager=True)
        @keys.add("escape", filter=in_line, eager=True)
        def cancel(event: KeyPressEvent) -> None:
            self._back()
            self.note = "" if self.vi else "[ Cancelled ]"

        one = in_line & Condition(lambda: self._question is not None and self._question.one_key)

        for key in "yYnN":

            @keys.add(key, filter=one, eager=True)
            def choose(event: KeyPressEvent, chosen: str = key.lower()) -> None:
                question = self._question
                self._back()
                if question is not None:
                    question.answer(chosen)

    def _nano_keys(self, keys: KeyBindings, in_text: Condition) -> None:
        bindings: dict[str, Callable[[], object]] = {
            "c-o": lambda: self._ask("File Name to Write: ", self._write_as, self.name),
            "c-s": lambda: self._write_as(self.name),
            "c-w": lambda: self._ask("Search: ", self._find, self._pattern),
            "c-_": lambda: self._ask("Enter line number: ", self._go, ""),
            "c-k": self._cut_line,
            "c-u": self._paste,
            "c-x": self._leave,
            "c-g": self._help,
        }
        for key, act in bindings.items():

            @keys.add(key, filter=in_text, eager=True)
            def press(event: KeyPressEvent, act: Callable[[], object] = act) -> None:
                act()

        @keys.add("escape", "u", filter=in_text, eager=True)
        def undo(event: KeyPressEvent) -> None:
            self.buffer.undo()

        @keys.add("enter", filter=in_text, eager=True)
        def newline(event: KeyPressEvent) -> None:
            self.buffer.insert_text("\n")

        @keys.add("tab", filter=in_text)
        def tab(event: KeyPressEvent) -> None:
            self.buffer.insert_text("\t")

    def _vi_keys(self, keys: KeyBindings, in_text: Condition) -> None:
        @keys.add(":", filter=in_text & vi_navigation_mode, eager=True)
        def command(event: KeyPressEvent) -> None:
            self._ask(":", self._command, "")

        @keys.add("/", filter=in_text & vi_navigation_mode, eager=True)
        def search(event: KeyPressEvent) -> None:
            self._ask("/", self._find, "")

        @keys.add("n", filter=in_text & vi_navigation_mode, eager=True)
        def again(event: KeyPressEvent) -> None:
            self._find("")

        in_normal = in_text & vi_navigation_mode

        @keys.add("c-r", filter=in_normal, eager=True, save_before=lambda event: False)
        def redo(event: KeyPressEvent) -> None:
            self.buffer.redo()

        @keys.add("?", filter=in_text & vi_navigation_mode, eager=True)
        def search_back(event: KeyPressEvent) -> None:
            self._ask("?", lambda pattern: self._find(pattern, back=True), "")

        @keys.add("N", filter=in_text & vi_navigation_mode, eager=True)
        def again_back(event: KeyPressEvent) -> None:
            self._find("", back=True)

        @keys.add("Z", "Q", filter=in_text & vi_navigation_mode)
        def leave(event: KeyPressEvent) -> None:
            self._command("q!")

        @keys.add("Z", "Z", filter=in_text & vi_navigation_mode)
        def write_and_leave(event: KeyPressEvent) -> None:
            self._command("x")

        @keys.add("enter", filter=in_text & ~vi_navigation_mode, eager=True)
        def newline(event: KeyPressEvent) -> None:
            self.buffer.insert_text("\n")

    def _ask(
        self, prompt: str, answer: Callable[[str], object], text: str, *, one_key: bool = False
    ) -> None:
        self._question = Question(prompt, answer, one_key)
        self.line.set_document(Document(text, len(text)), bypass_readonly=True)
        self._app.layout.focus(self._line)
        if self.vi:
            self._app.vi_state.input_mode = InputMode.INSERT

    def _back(self) -> None:
        self._question = None
        self.line.reset()
        self._app.layout.focus(self._text)
        if self.vi:
            self._app.vi_state.input_mode = InputMode.NAVIGATION

    def _write_as(self, name: str, force: bool = False) -> bool:
        if not name:
            self.note = "E32: No file name" if self.vi else "[ Cancelled ]"
            return False
        if self.vi and self._read_only and name == self.name and not force:
            self.note = READ_ONLY
            return False
        text = self.buffer.text
        if text and not text.endswith("\n"):
            text += "\n"
        lines = text.count("\n")
        problem = self._write(name, text, force)
        if problem:
            long = f"[ Error writing {name}: {problem} ]"
            self.note = f'"{name}" E212: Can\'t open file for writing' if self.vi else long
            return False
        self.name, self._saved = name, self.buffer.text
        size = len(text.encode())
        self.note = (
            f'"{name}" {lines}L, {size}B written'
            if self.vi
            else f"[ Wrote {lines} line{'' if lines == 1 else 's'} ]"
        )
        return True

    def _find(self, pattern: str, back: bool = False) -> None:
        self._pattern = pattern or self._pattern
        text, here = self.buffer.text, self.buffer.cursor_position
        if back:
            at = text.rfind(self._pattern, 0, here)
            at = at if at >= 0 else text.rfind(self._pattern)
        else:
            at = text.find(self._pattern, here + 1)
            at = at if at >= 0 else text.find(self._pattern)
        if at < 0 or not self._pattern:
            self.note = (
                f"E486: Pattern not found: {self._pattern}"
                if self.vi
                else f'[ "{self._pattern}" not found ]'
            )
            return
        self.buffer.cursor_position = at
        self.note = f"{'?' if back else '/'}{self._pattern}" if self.vi else ""

    def _go(self, text: str) -> None:
        if text.strip().isdecimal():
            row = max(int(text) - 1, 0)
            document = self.buffer.document
            row = min(row, document.line_count - 1)
            self.buffer.cursor_position = document.translate_row_col_to_index(row, 0)

    def _cut_line(self) -> None:
        document = self.buffer.document
        start = document.cursor_position + document.get_start_of_line_position()
        end = document.text.find("\n", start)
        end = len(document.text) if end < 0 else end + 1
        self._cut.append(document.text[start:end])
        self.buffer.set_document(Document(document.text[:start] + document.text[end:], start))

    def _paste(self) -> None:
        self.buffer.insert_text("".join(self._cut))
        self._cut.clear()

    def _help(self) -> None:
        self.note = "[ ^O writes, ^X leaves, ^K and ^U move lines, ^W searches ]"

    def _leave(self) -> None:
        if not self.changed:
            self._app.exit(result=0)
            return
        prompt = "Save modified buffer?   Y Yes   N No   ^C Cancel "
        self._ask(prompt, self._decided, "", one_key=True)

    def _decided(self, answer: str) -> None:
        if answer == "n":
            self._app.exit(result=0)
        elif answer == "y":
            self._ask("File Name to Write: ", self._last_write, self.name)

    def _last_write(self, name: str) -> None:
        if self._write_as(name):
            self._app.exit(result=0)

    def _command(self, text: str) -> None:
        words = text.strip().split(maxsplit=1)
        verb, rest = (words[0] if words else ""), (words[1] if words[1:] else "")
        if verb.isdecimal():
            self._go(verb)
        elif verb == "$":
            self._go(str(len(self.buffer.text.removesuffix("\n").split("\n"))))
        elif verb in ("w", "w!", "write", "write!", "sav", "saveas"):
            self._write_as(rest or self.name, force=verb.endswith("!"))
        elif verb in ("wq", "wq!", "x", "x!", "xit", "wqa", "xa", "wqa!"):
            needless = verb.startswith("x") and not self.changed
            if needless or self._write_as(rest or self.name, force=verb.endswith("!")):
                self._app.exit(result=0)
        elif verb in ("q", "quit", "qa", "qall"):
            if self.changed:
                self.note = UNSAVED
            else:
                self._app.exit(result=0)
        elif verb in ("q!", "quit!", "qa!", "cq", "cq!"):
            self._app.exit(result=1 if verb.startswith("cq") else 0)
        elif verb in ("e", "e!", "edit", "edit!") and not rest:
            self._again(force=verb.endswith("!"))
        elif verb in ("d", "%d"):
            self._delete(everything=verb == "%d")
        elif found := SUBSTITUTE.fullmatch(text.strip()):
            self._substitute(found[2], found[3], everywhere=bool(found[1]), all_=bool(found[4]))
        elif verb in ("set", "se"):
            self._set(rest)
        elif verb in ("noh", "nohlsearch", "syntax", "filetype", "colorscheme"):
            self.note = ""
        elif verb[:1] == "!" or verb in NOT_HERE:
            self.note = f"The pocket lab's editor has no :{verb}"
        elif verb:
            self.note = f"E492: Not an editor command: {text.strip()}"

    def _again(self, force: bool) -> None:
        """``:e!``: as it was written last."""
        if self.changed and not force:
            self.note = UNSAVED
            return
        self.buffer.set_document(Document(self._saved, 0))
        self.note = f'"{self.name}" {self._saved.count(chr(10))}L, {len(self._saved.encode())}B'

    def _delete(self, everything: bool) -> None:
        document = self.buffer.document
        lines = document.text.split("\n")
        row = document.cursor_position_row
        left = [] if everything else lines[:row] + lines[row + 1 :]
        self.buffer.set_document(Document("\n".join(left), 0))
        self.note = "--No lines in buffer--" if everything else ""
        if not everything:
            self._go(str(row + 1))

    def _set(self, option: str) -> None:
        """``:set number`` and ``readonly``; what only looks otherwise is taken."""
        name = option.split("=")[0].removesuffix("!")
        on = not name.startswith("no") and name != "nonumber"
        plain = name if on else name.removeprefix("no")
        if plain in ("number", "nu"):
            self._numbers = on
        elif plain in ("readonly", "ro"):
            self._read_only = on
        elif plain in LOOKS:
            self.note = f"The pocket lab's editor does as if :set {option} were not said"
            return
        elif plain:
            self.note = f"E518: Unknown option: {option}"
            return
        self.note = ""

    def _substitute(self, pattern: str, into: str, *, everywhere: bool, all_: bool) -> None:
        document = self.buffer.document
        lines = document.text.split("\n")
        last = len(document.text.removesuffix("\n").split("\n"))  # below it is no line
        rows = range(last) if everywhere else [document.cursor_position_row]
        count = 0
        for row in rows:
            try:
                lines[row], made = re.subn(pattern, into, lines[row], count=0 if all_ else 1)
            except (re.error, IndexError):  # the latter: no group of that name
                self.note = f"E486: Pattern not found: {pattern}"
                return
            count += made
        self.buffer.set_document(Document("\n".join(lines), document.cursor_position and 0))
        self.note = f"{count} substitutions" if count else f"E486: Pattern not found: {pattern}"
