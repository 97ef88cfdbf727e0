"""`cut`: columns of characters, or fields between delimiters."""

from __future__ import annotations

import re
from collections.abc import Callable

from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.options import Options, parse, usage

LONG = (
    "bytes= characters= delimiter= fields= complement only-delimited output-delimiter= "
    "zero-terminated"
)
RANGE = re.compile(r"(\d*)(-?)(\d*)")
LISTS = {"b": "b", "bytes": "b", "c": "c", "characters": "c", "f": "f", "fields": "f"}


@program("cut", machines="all")
async def cut(call: Call) -> int:
    """Parts of each line; ``-b -c -f LIST -d CHAR -s --complement --output-delimiter=``."""
    options = parse(call, "b:c:d:f:nsz", LONG)
    lists = [(LISTS[name], value) for name, value in options.given if name in LISTS]
    if not lists:
        raise usage("cut", "you must specify a list of bytes, characters, or fields")
    if len(lists) > 1:
        raise usage("cut", "only one list may be specified")
    kind, text = lists[0]
    spans = _spans(text, kind)
    delimiter = options.value("d", "delimiter")
    if delimiter is not None and kind != "f":
        raise usage("cut", "an input delimiter may be specified only when operating on fields")
    if delimiter is not None and len(delimiter.encode()) > 1 and len(delimiter) != 1:
        raise usage("cut", "the delimiter must be a single character")
    if options.has("s", "only-delimited") and kind != "f":
        raise usage(
            "cut", "suppressing non-delimited lines makes sense\n\tonly when operating on fields"
        )
    end = b"\0" if options.has("z", "zero-terminated") else b"\n"
    part = _fields(options, spans, delimiter) if kind == "f" else _columns(options, spans)
    status = 0
    for name in options.words or ("-",):
        if name in STDIN:
            await _streamed(call, part, end)
            continue
        try:
            content = call.fs.read_file(call.path(name))
        except OSError as error:
            await call.err(f"cut: {name}: {error.strerror}\n")
            status = 1
            continue
        lines = content.split(end)
        lines = lines[:-1] if lines[-1] == b"" else lines
        await call.out(b"".join(made + end for line in lines if (made := part(line)) is not None))
    return status


Part = Callable[[bytes], bytes | None]


async def _streamed(call: Call, part: Part, end: bytes) -> None:
    """Standard input, each line as soon as it is whole."""
    rest = b""
    while (chunk := await call.next_input()) is not None:
        *lines, rest = (rest + chunk).split(end)
        await call.out(b"".join(made + end for line in lines if (made := part(line)) is not None))
    if rest and (made := part(rest)) is not None:
        await call.out(made + end)


def _spans(text: str, kind: str) -> list[tuple[int, float]]:
    """The numbers of a list, in order and without what is there twice."""
    what = "fields are" if kind == "f" else "byte/character positions are"
    found: list[tuple[int, float]] = []
    for word in re.split(r"[,\s]", text):
        parts = RANGE.fullmatch(word)
        if parts is None:
            shown = "field" if kind == "f" else "byte/character position"
            value = "value" if kind == "f" else ""
            raise usage("cut", f"invalid {shown}{' ' + value if value else ''} ‘{word}’")
        first, dash, last = parts.groups()
        if not first and not last:
            raise usage(
                "cut", "invalid range with no endpoint: -" if dash else f"{what} numbered from 1"
            )
        start = int(first or 1)
        stop = (float(last) if last else float("inf")) if dash else float(start)
        if not start or not stop:
            raise usage("cut", f"{what} numbered from 1")
        if stop < start:
            raise usage("cut", "invalid decreasing range")
        found.append((start, stop))
    found.sort()
    merged: list[tuple[int, float]] = []
    for start, stop in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _groups(spans: list[tuple[int, float]], count: int, opposite: bool) -> list[range]:
    """Which of so many are chosen."""
    chosen = [range(start - 1, int(min(stop, count))) for start, stop in spans if start <= count]
    if not opposite:
        return chosen
    left, at = [], 0
    for one in chosen:
        left += [range(at, one.start)] if one.start > at else []
        at = one.stop
    return [*left, range(at, count)] if at < count else left


def _columns(options: Options, spans: list[tuple[int, float]]) -> Part:
    opposite = options.has("complement")
    between = (options.value("output-delimiter") or "").encode()

    def part(line: bytes) -> bytes:
        groups = _groups(spans, len(line), opposite)
        return between.join(line[one.start : one.stop] for one in groups)

    return part


def _fields(options: Options, spans: list[tuple[int, float]], delimiter: str | None) -> Part:
    sign = b"\t" if delimiter is None else (delimiter.encode() or b"\0")
    given = options.value("output-delimiter")
    between = sign if given is None else given.encode()
    opposite, only = options.has("complement"), options.has("s", "only-delimited")

    def part(line: bytes) -> bytes | None:
        if sign not in line:
            return None if only else line
        fields = line.split(sign)
        groups = _groups(spans, len(fields), opposite)
        return between.join(fields[at] for one in groups for at in one)

    return part
