"""`split`: one file as many."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator

from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.options import Complaint, Options, parse, usage

SIZES = {"": 1, "b": 512, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "KB": 10**3, "MB": 10**6}
LONG = (
    "lines= bytes= line-bytes= number= suffix-length= additional-suffix= numeric-suffixes? "
    "hex-suffixes? verbose elide-empty-files separator= unbuffered filter="
)


@program("split", machines="all")
async def split(call: Call) -> int:
    """A file in pieces: ``-l LINES``, ``-b SIZE``, ``-C SIZE``, ``-n PIECES``, ``-d -x -a N``."""
    call.argv[:] = [re.sub(r"^-(\d+)$", r"-l\1", word) for word in call.argv]
    options = parse(call, "l:b:C:n:a:dxet:u", LONG)
    if options.has("filter"):
        raise Complaint("split: --filter is not part of the pocket lab's split\n")
    if len(options.words) > 2:
        raise usage("split", f"extra operand ‘{options.words[2]}’")
    name = options.words[0] if options.words else "-"
    content = await call.stdin() if name in STDIN else call.read(call.path(name))
    if content is None:
        raise Complaint(f"split: cannot open '{name}' for reading: No such file or directory\n")
    prefix = options.words[1] if len(options.words) > 1 else "x"
    chosen, pieces = _pieces(options, content)
    if chosen is not None:
        await call.out(pieces[chosen - 1])
        return 0
    names = _names(options, len(pieces) if options.has("n", "number") else None)
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


def _pieces(options: Options, content: bytes) -> tuple[int | None, list[bytes]]:
    """The pieces; before them the number of the only one that is wanted, which is printed."""
    end = options.value("t", "separator")
    lines = _lines(content, end.encode() if end else b"\n")
    if (text := options.value("n", "number")) is not None:
        return _so_many(text, content, lines)
    if (text := options.value("b", "bytes")) is not None:
        size = _size(text, "bytes")
        return None, [content[at : at + size] for at in range(0, len(content), size)]
    if (text := options.value("C", "line-bytes")) is not None:
        return None, list(_filled(lines, _size(text, "bytes")))
    count = _size(options.value("l", "lines") or "1000", "lines")
    return None, [b"".join(lines[at : at + count]) for at in range(0, len(lines), count)]


def _lines(content: bytes, end: bytes) -> list[bytes]:
    parts = content.split(end)
    return [part + end for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _so_many(text: str, content: bytes, lines: list[bytes]) -> tuple[int | None, list[bytes]]:
    """``N``; ``l/N`` cuts no line, ``r/N`` deals them out; of ``K/N`` only the Kth is wanted."""
    found = re.fullmatch(r"([lr]/)?(?:(\d+)/)?(\d+)", text)
    count = int(found[3]) if found else 0
    if found is None or not count:
        raise Complaint(f"split: invalid number of chunks: ‘{text if found is None else count}’\n")
    chosen = None if found[2] is None else int(found[2])
    if chosen is not None and not 1 <= chosen <= count:
        raise Complaint(f"split: invalid chunk number: ‘{found[2]}’\n")
    if found[1] == "r/":
        return chosen, [b"".join(lines[place::count]) for place in range(count)]
    ends = [len(content) * (place + 1) // count for place in range(count)]
    if found[1] == "l/":
        starts = list(itertools.accumulate(map(len, lines)))
        ends = [next(start for start in [*starts, len(content)] if start >= end) for end in ends]
    return chosen, [content[begin:end] for begin, end in itertools.pairwise([0, *ends])]


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
        reason = ": Numerical result out of range" if re.fullmatch("0+", number) else ""
        raise Complaint(f"split: invalid number of {what}: ‘{text}’{reason}\n")
    return int(number) * SIZES[unit]


def _names(options: Options, count: int | None) -> Iterator[str]:
    """Suffixes; without ``-a``, ``-n`` or a first number they grow: ``yz`` and then ``zaaa``."""
    numeric = options.has("d", "numeric-suffixes")
    letters = "0123456789" if numeric else string.ascii_lowercase
    letters = "0123456789abcdef" if options.has("x", "hex-suffixes") else letters
    width = options.value("a", "suffix-length")
    if width is not None and not width.isdecimal():
        raise Complaint(f"split: invalid suffix length: ‘{width}’\n")
    first = options.value("numeric-suffixes", "hex-suffixes")
    if not int(width or 0) and count is None and first is None:
        return _growing(letters)
    begin = int(first or "0", len(letters) if numeric or options.has("hex-suffixes") else 10)
    needed, left = 1, (count or 1) - 1 + begin
    while count and (left := left // len(letters)):
        needed += 1
    length = int(width or 0) or max(2, needed)
    if count and length < needed:
        raise Complaint(f"split: the suffix length needs to be at least {needed}\n")
    every = ("".join(one) for one in itertools.product(letters, repeat=length))
    return itertools.islice(every, begin, None)


def _growing(letters: str) -> Iterator[str]:
    for grown in itertools.count():
        for start in letters[:-1]:
            for rest in itertools.product(letters, repeat=grown + 1):
                yield letters[-1] * grown + start + "".join(rest)
