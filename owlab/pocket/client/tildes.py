"""What vim shows below the end of a file: a tilde for each line that is not there."""

from __future__ import annotations

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import BufferControl, UIContent


class TextWithTildes(BufferControl):
    """A buffer's text, and below it tildes to the end of the window."""

    def __init__(self, buffer: Buffer, *, tildes: bool) -> None:
        super().__init__(buffer)
        self._tildes = tildes

    def create_content(self, width: int, height: int, preview_search: bool = False) -> UIContent:
        """The lines, filled up; the cursor stays in those of the text."""
        content = super().create_content(width, height, preview_search)
        if not self._tildes or content.line_count >= height:
            return content
        given, get_line = content.line_count, content.get_line

        def line(number: int) -> StyleAndTextTuples:
            return get_line(number) if number < given else [("", "~")]

        return UIContent(
            get_line=line,
            line_count=height,
            cursor_position=content.cursor_position,
            menu_position=content.menu_position,
        )
