"""Which parts of a markdown text are translated, and which stay as they are.

A paragraph, a list or a row of a table is one text. Of a code block only the comments are texts,
of a picture only its words: what people type is the same in every language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Change = Callable[[str], str]

_FENCE = re.compile(r"\s*(```|~~~)")
_COMMENT = re.compile(r"^(\s*|.*\S\s{2,})# (.*\S)$")
_PICTURE = re.compile(r"^!\[([^\]]+)\]\(([^)\s]+)\)$")
_MARKUP = re.compile(r"<[^>]+>|[^\w]")


def rewrite(source: str, change: Change) -> str:
    """The same markdown with each text changed.

    :param change: from a text to what stands in its place.
    """
    return "\n".join(_block(block, change) for block in _blocks(source))


def texts(source: str) -> list[str]:
    """Every text, in order."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    rewrite(source, note)
    return found


def _block(lines: list[str], change: Change) -> str:
    if _FENCE.match(lines[0]):
        return "\n".join(_code_line(line, change) for line in lines)
    if all(line.startswith("|") for line in lines):
        return "\n".join(_words(line, change) for line in lines)
    text = "\n".join(lines)
    if picture := _PICTURE.match(text):
        return f"![{change(picture[1])}]({picture[2]})"
    return _words(text, change)


def _words(text: str, change: Change) -> str:
    """Changed, if there is anything in it beside markup."""
    return change(text) if _MARKUP.sub("", text) else text


def _code_line(line: str, change: Change) -> str:
    comment = _COMMENT.match(line)
    return f"{comment[1]}# {change(comment[2])}" if comment else line


def _blocks(source: str) -> Iterator[list[str]]:
    """Fenced code, empty lines, and what stands between them, as lists of lines."""
    block: list[str] = []
    fence = ""
    for line in source.split("\n"):
        if fence:
            block.append(line)
            if line.strip() == fence:
                yield block
                block, fence = [], ""
            continue
        opening = _FENCE.match(line)
        if block and (opening or not line.strip()):
            yield block
            block = []
        if opening:
            fence = opening[1]
        if opening or line.strip():
            block.append(line)
        else:
            yield [line]
    if block:
        yield block
