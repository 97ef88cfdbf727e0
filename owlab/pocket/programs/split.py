"""`split`: one file as many."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse, usage

SIZES = {"": 1, "b": 512, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "KB": 10**3, "MB": 10**6}
LONG = (
    "lines= bytes= line-bytes= number= suffix-length= additional-suffix= numeric-suffixes? "
    "hex-suffixes? verbose elide-empty-files separator= unbuffered filter="
)


@program("split", machines="all")
async def split(call: Call) -> int:
    """A file in pieces: ``-l LINES``, ``-b SIZE``, ``-C SIZE``, ``-n PIECES``, ``-d -x -a N``."""
    call.argv[:] = [f"-l{word[1:]}" if word[1:].isdecimal() else word for word in call.argv]
    options = parse(call, "l:b:C:n:a:dxet:u", LONG)
    if options.has("filter"):
        raise Complaint("split: --filter is not part of the pocket lab's split\n")
    if len(options.words) > 2:
        raise usage("split", f"extra operand ‘{options.words[2]}’")
    name = options.words[0] if options.words else "-"
    content = await call.stdin() if name == "-" else call.read(call.path(name))
    if content is None:
        raise Complaint(f"split: cannot open '{name}' for reading: No such file or directory\n")
    prefix = options.words[1] if len(options.words) > 1 else "x"
    pieces = list(_pieces(options, content))
    names = _names(options, len(pieces))
    for piece in pieces:
        try:
            suffix = next(names)
        except StopIteration:
            raise Complaint("split: output file suffixes exhausted\n") from None
        if not piece and options.has("e", "elide-empty-files"):
            continue
        target = f"{prefix}{suffix}{options.value('additional-suffix') or ''}"
        if options.has("verbose"):
            await call.out(f"creating file '{target}'\n")
        call.fs.write_file(call.path(target), piece)
    return 0


def _pieces(options: Options, content: bytes) -> Iterator[bytes]:
    if (text := options.value("n", "number")) is not None:
        yield from _so_many(text, content)
        return
    if (text := options.value("b", "bytes")) is not None:
        size = _size(text, "bytes")
        yield from (content[at : at + size] for at in range(0, len(content), size))
        return
    end = options.value("t", "separator")
    lines = _lines(content, end.encode() if end else b"\n")
    if (text := options.value("C", "line-bytes")) is not None:
        yield from _filled(lines, _size(text, "bytes"))
        return
    count = _size(options.value("l", "lines") or "1000", "lines")
    yield from (b"".join(lines[at : at + count]) for at in range(0, len(lines), count))


def _lines(content: bytes, end: bytes) -> list[bytes]:
    parts = content.split(end)
    return [part + end for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _so_many(text: str, content: bytes) -> Iterator[bytes]:
    by_line = text.startswith("l/")
    number = text.removeprefix("l/")
    if not number.isdecimal() or not int(number):
        raise Complaint(f"split: invalid number of chunks: ‘{text}’\n")
    count = int(number)
    ends = [len(content) * (place + 1) // count for place in range(count)]
    if by_line:
        ends = [content.find(b"\n", max(end - 1, 0)) + 1 or len(content) for end in ends]
        ends[-1] = len(content)
    start = 0
    for end in ends:
        yield content[start : max(start, end)]
        start = max(start, end)


def _filled(lines: list[bytes], size: int) -> Iterator[bytes]:
    piece = b""
    for line in lines:
        if piece and len(piece) + len(line) > size:
            yield piece
            piece = b""
        piece += line
        while len(piece) > size:
            yield piece[:size]
            piece = piece[size:]
    if piece:
        yield piece


def _size(text: str, what: str) -> int:
    number = text.rstrip(string.ascii_letters)
    unit = text[len(number) :].replace("iB", "")
    unit = unit if unit == "b" else unit.upper()
    if not number.isdecimal() or unit not in SIZES or not int(number):
        raise Complaint(f"split: invalid number of {what}: ‘{text}’\n")
    return int(number) * SIZES[unit]


def _names(options: Options, count: int) -> Iterator[str]:
    numeric = options.has("d", "numeric-suffixes")
    letters = "0123456789" if numeric else string.ascii_lowercase
    letters = "0123456789abcdef" if options.has("x", "hex-suffixes") else letters
    width = options.value("a", "suffix-length")
    if width is not None and not width.isdecimal():
        raise Complaint(f"split: invalid suffix length: ‘{width}’\n")
    length = int(width) if width and int(width) else 2
    while not width and len(letters) ** length < count:
        length += 1
    first = int(options.value("numeric-suffixes", "hex-suffixes") or 0)
    every = ("".join(one) for one in itertools.product(letters, repeat=length))
    return itertools.islice(every, first, None)
