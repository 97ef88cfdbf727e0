"""A text editor in the terminal: nano's keys shown below, and vim's for those who type them.

It edits text that is given and hands back what was written, as often as it was written; where the
text comes from is not its business.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

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
from prompt_toolkit.output import Output

Write = Callable[[str, str], str]
"""Writes a text to a file name; returns what is wrong, or nothing."""

SHORTCUTS = (
    " ^O Write Out   ^W Where Is    ^K Cut Line    ^X Exit\n"
    " ^G Help        ^_ Go To Line  ^U Paste       M-U Undo"
)
VI = ("vim", "vi", "view")
SUBSTITUTE = re.compile(r"(%?)s/((?:[^/\\]|\\.)*)/((?:[^/\\]|\\.)*)/?(g?)")
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
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.name, self._write, self.vi = name, write, program in VI
        self._saved = text
        self._cut: list[str] = []
        self._pattern = ""
        self._question: Question | None = None
        lines = text.count("\n")
        if self.vi:
            self._note = f'"{name}" [New]' if new else f'"{name}" {lines}L, {len(text.encode())}B'
        else:
            self._note = "[ New File ]" if new else f"[ Read {lines} lines ]"
        self.buffer = Buffer(document=Document(text, 0), multiline=True)
        self.line = Buffer(multiline=False)
        self._app: Application[int] = Application(
            layout=self._layout(),
            key_bindings=self._keys(),
            editing_mode=EditingMode.VI if self.vi else EditingMode.EMACS,
            full_screen=True,
            input=source,
            output=output,
        )

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
        text = Window(BufferControl(self.buffer), wrap_lines=True)
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
        return self._note

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
        @keys.add("enter", filter=in_line, eager=True)
        def accept(event: KeyPressEvent) -> None:
            question, text = self._question, self.line.text
            self._back()
            if question is not None:
                question.answer(text)

        @keys.add("c-c", filter=in_line, eager=True)
        @keys.add("escape", filter=in_line, eager=True)
        def cancel(event: KeyPressEvent) -> None:
            self._back()
            self._note = "" if self.vi else "[ Cancelled ]"

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

    def _write_as(self, name: str) -> bool:
        text = self.buffer.text
        if text and not text.endswith("\n"):
            text += "\n"
        lines = text.count("\n")
        problem = self._write(name, text)
        if problem:
            long = f"[ Error writing {name}: {problem} ]"
            self._note = f'"{name}" {problem}' if self.vi else long
            return False
        self.name, self._saved = name, self.buffer.text
        size = len(text.encode())
        self._note = (
            f'"{name}" {lines}L, {size}B written' if self.vi else f"[ Wrote {lines} lines ]"
        )
        return True

    def _find(self, pattern: str) -> None:
        self._pattern = pattern or self._pattern
        text, here = self.buffer.text, self.buffer.cursor_position
        at = text.find(self._pattern, here + 1)
        at = at if at >= 0 else text.find(self._pattern)
        if at < 0 or not self._pattern:
            self._note = (
                f"E486: Pattern not found: {self._pattern}"
                if self.vi
                else f'[ "{self._pattern}" not found ]'
            )
            return
        self.buffer.cursor_position = at
        self._note = f"/{self._pattern}" if self.vi else ""

    def _go(self, text: str) -> None:
        if text.strip().isdigit():
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
        self._note = "[ ^O writes, ^X leaves, ^K and ^U move lines, ^W searches ]"

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
        if verb.isdigit():
            self._go(verb)
        elif verb in ("w", "w!", "write"):
            self._write_as(rest or self.name)
        elif verb in ("wq", "wq!", "x", "x!", "xit"):
            needless = verb.startswith("x") and not self.changed
            if needless or self._write_as(rest or self.name):
                self._app.exit(result=0)
        elif verb in ("q", "quit"):
            if self.changed:
                self._note = UNSAVED
            else:
                self._app.exit(result=0)
        elif verb in ("q!", "quit!", "qa!", "cq"):
            self._app.exit(result=1 if verb == "cq" else 0)
        elif found := SUBSTITUTE.fullmatch(text.strip()):
            self._substitute(found[2], found[3], everywhere=bool(found[1]), all_=bool(found[4]))
        elif verb.startswith("set") or verb in ("noh", "nohlsearch", "syntax"):
            self._note = ""
        elif verb:
            self._note = f"E492: Not an editor command: {text.strip()}"

    def _substitute(self, pattern: str, into: str, *, everywhere: bool, all_: bool) -> None:
        document = self.buffer.document
        lines = document.text.split("\n")
        rows = range(len(lines)) if everywhere else [document.cursor_position_row]
        count = 0
        for row in rows:
            try:
                lines[row], made = re.subn(pattern, into, lines[row], count=0 if all_ else 1)
            except re.error:
                self._note = f"E486: Pattern not found: {pattern}"
                return
            count += made
        self.buffer.set_document(Document("\n".join(lines), document.cursor_position and 0))
        self._note = f"{count} substitutions" if count else f"E486: Pattern not found: {pattern}"
