"""Colours for the notebooks' cells: Python, but a shell after ``%%on MACHINE``."""

from __future__ import annotations

from collections.abc import Iterator

from IPython.lib.lexers import IPython3Lexer
from pygments.lexer import Lexer
from pygments.lexers.shell import BashLexer
from pygments.token import Comment, _TokenType

_MAGIC = "%%on "


class CellLexer(Lexer):
    """Chooses by the first line."""

    name = "owlab's cells"
    aliases = ("owlab",)

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """The tokens of the language that the cell is in."""
        if not text.startswith(_MAGIC):
            yield from IPython3Lexer().get_tokens_unprocessed(text)
            return
        first, newline, rest = text.partition("\n")
        yield 0, Comment.Preproc, first + newline
        start = len(first + newline)
        for index, token, value in BashLexer().get_tokens_unprocessed(rest):
            yield start + index, token, value
