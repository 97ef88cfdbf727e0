"""What was typed before the prompt had ended its line: it belongs to the command, if that asks.

A prompt reads the terminal in large pieces, and may have read past the line's end.
"""

from __future__ import annotations

import re

from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress

LINE = re.compile(r"[^\r\n\x04]*(?:[\r\n]|\x04)")


class TypedAhead:
    """Keys that wait, as text."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self._text = "".join(press.data for press in get_typeahead(source))

    def taken(self, keys: int) -> str | None:
        """So many keys, or a line with its end (nothing before Ctrl-D); None where there are none.

        :param keys: 0 for a line.
        """
        if keys:
            found, self._text = self._text[:keys], self._text[keys:]
            return found or None
        line = LINE.match(self._text)
        if line is None:
            return None
        self._text = self._text[line.end() :]
        text = line[0].replace("\r", "\n")
        return text.removesuffix("\x04")

    def put(self, text: str) -> None:
        """More that was typed too early."""
        self._text += text

    def give_back(self) -> None:
        """What nobody asked for is for the next prompt."""
        presses: list[KeyPress] = []
        parser = Vt100Parser(presses.append)
        parser.feed_and_flush(self._text)
        store_typeahead(self._source, presses)
        self._text = ""
