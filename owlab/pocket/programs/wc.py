"""`wc` of files: lines, words, characters and bytes. What only comes, the interpreter counts."""

from __future__ import annotations

import codecs
import shlex
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.options import Options, parse, usage

LONG = "bytes chars lines words max-line-length total= files0-from="
KINDS = {"lines": "l", "words": "w", "chars": "m", "bytes": "c", "max-line-length": "L"}
"""In the order in which they are shown, whatever that of the options is."""
TOTALS = ("auto", "always", "only", "never")
UNKNOWN_SIZE = 7
"""How wide numbers are at least where a file's size tells nothing of them: a pipe, a directory."""


@dataclass
class Counts:
    """What is counted of one input, as it comes.

    :param reads: whether its text counts, and not only its bytes.
    """

    reads: bool
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    _in_word: bool = False
    _column: int = 0
    _text: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("ignore")
    )

    def feed(self, data: bytes) -> None:
        """Count some more."""
        numbers = self.numbers
        numbers["bytes"] += len(data)
        numbers["lines"] += data.count(b"\n")
        words = len(data.split())
        continued = self._in_word and not data[:1].isspace()
        numbers["words"] += words - bool(words and continued)
        self._in_word = not data[-1:].isspace()
        if self.reads:
            text = self._text.decode(data)
            numbers["chars"] += len(text)
            self._measure(text)

    def _measure(self, text: str) -> None:
        """The longest line, in columns of a terminal."""
        for char in text:
            if char in "\n\r\f":
                self._column = 0
            elif char == "\t":
                self._column += 8 - self._column % 8
            else:
                self._column += _columns(char)
            longest = self.numbers["max-line-length"]
            self.numbers["max-line-length"] = max(longest, self._column)

    def add(self, other: Counts) -> None:
        """Another input's, for the total."""
        for kind, number in other.numbers.items():
            if kind == "max-line-length":
                number = max(number, self.numbers[kind]) - self.numbers[kind]
            self.numbers[kind] += number


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char)[0] == "C":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@program("__owlab_wc", machines="all")
async def wc(call: Call) -> int:
    """Count FILEs: ``-l -w -m -c -L --total=WHEN --files0-from=F``."""
    call.name = "wc"
    options = parse(call, "clmwL", LONG)
    kinds = [kind for kind, short in KINDS.items() if options.has(kind, short)]
    kinds = kinds or ["lines", "words", "bytes"]
    when = options.value("total") or "auto"
    if when not in TOTALS:
        allowed = "".join(f"\n  - ‘{one}’" for one in TOTALS)
        raise usage("wc", f"invalid argument ‘{when}’ for ‘--total’\nValid arguments are:{allowed}")
    names = await _names(call, options)
    width = (
        1
        if when == "only" or options.has("files0-from")
        else _width(call, names or [""], len(kinds))
    )
    reads = bool({"chars", "max-line-length"} & set(kinds))
    total, status = Counts(reads), 0
    for name in names or [""]:
        counts, error, shown = Counts(reads), "", True
        try:
            async for piece in _pieces(call, name):
                counts.feed(piece)
        except OSError as problem:
            error, status = f"wc: {shlex.quote(name)}: {problem.strerror}\n", 1
            shown = isinstance(problem, IsADirectoryError)
        await call.err(error)
        total.add(counts)
        if shown and when != "only":
            await call.out(_line(counts, kinds, width, name))
    if when in ("always", "only") or (when == "auto" and len(names) > 1):
        await call.out(_line(total, kinds, width, "" if when == "only" else "total"))
    return status


async def _names(call: Call, options: Options) -> list[str]:
    source = options.value("files0-from")
    if source is None:
        return list(options.words)
    if options.words:
        what = f"extra operand '{options.words[0]}'\nfile operands cannot be combined with "
        raise usage("wc", f"{what}--files0-from")
    pieces = [piece async for piece in _pieces(call, source)]
    return [name.decode(errors="replace") for name in b"".join(pieces).split(b"\0") if name]


async def _pieces(call: Call, name: str) -> AsyncIterator[bytes]:
    if name and name not in STDIN:
        yield call.fs.read_file(call.path(name))
        return
    while (piece := await call.next_input()) is not None:
        yield piece


def _width(call: Call, names: list[str], kinds: int) -> int:
    """As many digits as the sizes of the files have together: no number of theirs has more."""
    if len(names) == 1 and kinds == 1:
        return 1
    size, least = 0, 1
    for name in names:
        path = call.path(name)
        if name in {"", *STDIN} or call.fs.is_directory(path):
            least = UNKNOWN_SIZE
        elif call.fs.exists(path):
            size += int(call.fs.stat(path)["size"])
    return max(len(str(size)), least)


def _line(counts: Counts, kinds: list[str], width: int, name: str) -> str:
    numbers = " ".join(f"{counts.numbers[kind]:{width}}" for kind in kinds)
    return f"{numbers} {name}\n" if name else f"{numbers}\n"
