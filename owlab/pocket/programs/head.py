"""`head`: as much as was asked for, and no more: what has no end is left then."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from owlab.pocket.machines.devices import ENDLESS
from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.dd import count_of
from owlab.pocket.programs.options import Complaint, parse, usage

OLD = re.compile(r"-(\d+)([bkm]?)([cqv]*)")
PART = 1 << 20


@program("head", machines="all")
async def head(call: Call) -> int:
    """The first ten lines; ``-n N``, ``-c N``; ``-`` before N: all but the last; ``-q``, ``-v``."""
    if call.argv and (old := OLD.fullmatch(call.argv[0])):
        by = "-c" if "c" in old[3] else "-n"
        call.argv[:1] = [by, old[1] + old[2], *(f"-{flag}" for flag in old[3] if flag != "c")]
    elif late := next((word for word in call.argv[1:] if OLD.fullmatch(word)), None):
        before = call.argv[call.argv.index(late) - 1]
        if before not in ("-n", "-c", "--lines", "--bytes", "--"):
            raise usage("head", f"invalid trailing option -- {late[1]}")
    options = parse(call, "n:c:qvz", "lines= bytes= quiet silent verbose zero-terminated")
    lines, amount = True, "10"
    for name, value in options.given:
        if name in ("n", "lines", "c", "bytes"):
            lines, amount = name in ("n", "lines"), value
    try:
        count = count_of(amount.lstrip("+-"))
    except ValueError:
        what = "lines" if lines else "bytes"
        raise Complaint(f"head: invalid number of {what}: ‘{amount}’\n") from None
    end = b"\0" if options.has("z", "zero-terminated") else b"\n"
    names = options.words or ("-",)
    titled = options.has("v", "verbose") or (
        len(names) > 1 and not options.has("q", "quiet", "silent")
    )
    status, first = 0, True
    for name in names:
        problem = _problem(call, name)
        if problem is not None and not problem[1]:
            await call.err(problem[0])
            status = 1
            continue
        if titled:
            shown = "standard input" if name == "-" else name
            await call.out(f"{'' if first else chr(10)}==> {shown} <==\n")
            first = False
        if problem is not None:
            await call.err(problem[0])
            status = 1
            continue
        if amount.startswith("-"):
            await _without_last(call, name, count, lines, end)
        elif count:
            await _first(call, name, count, lines, end)
    return status


def _problem(call: Call, name: str) -> tuple[str, bool] | None:
    """Why a file cannot be read, and whether it was opened."""
    if name in STDIN or call.path(name) in ENDLESS:
        return None
    if call.fs.is_directory(call.path(name)):
        return f"head: error reading '{name}': Is a directory\n", True
    try:
        call.fs.read_file(call.path(name))
    except OSError as error:
        return f"head: cannot open '{name}' for reading: {error.strerror}\n", False
    return None


async def _parts(call: Call, name: str) -> AsyncIterator[bytes]:
    if name in STDIN:
        while (part := await call.reader.read_chunk()) is not None:
            yield part
        return
    path = call.path(name)
    while path in ENDLESS:
        yield ENDLESS[path](PART)
    yield call.fs.read_file(path)


async def _first(call: Call, name: str, count: int, lines: bool, end: bytes) -> None:
    async for part in _parts(call, name):
        if lines:
            found = part.count(end)
            if found >= count:
                pieces = part.split(end, count)
                await call.out(end.join(pieces[:count]) + end)
                return
            count -= found
        elif len(part) >= count:
            await call.out(part[:count])
            return
        else:
            count -= len(part)
        await call.out(part)


async def _without_last(call: Call, name: str, count: int, lines: bool, end: bytes) -> None:
    """All of it but the last."""
    if call.path(name) in ENDLESS:
        raise Complaint(f"head: error reading '{name}': it has no end\n")
    data = b"".join([part async for part in _parts(call, name)])
    if not lines:
        await call.out(data[: max(0, len(data) - count)])
        return
    pieces = data.split(end)
    whole = [piece + end for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
    await call.out(b"".join(whole[: max(0, len(whole) - count)]))
