"""`tail`: the end of files, and with ``-f`` what comes after it."""

from __future__ import annotations

import asyncio
import re

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse

LOOK_EVERY = 0.25
QUIET = ("q", "quiet", "silent")
LONG = "lines= bytes= follow? quiet silent verbose retry pid= sleep-interval= zero-terminated"


@program("tail", machines="all")
async def tail(call: Call) -> int:
    """The last ten lines; ``-n N``, ``-n +N``, ``-c N``, ``-f``, ``-F``, ``-q``, ``-v``."""
    call.argv = [
        f"-n{word[1:]}" if re.fullmatch(r"-\d+", word) and not index else word
        for index, word in enumerate(call.argv)
    ]
    if len(call.argv) < 3 and re.fullmatch(r"\+\d+", (call.argv or [""])[0]):
        call.argv[0] = f"-n{call.argv[0]}"  # the old way to write it, for one file
    options = parse(call, "n:c:fFqvs:z", LONG)
    names = list(options.words) or ["-"]
    headed = (len(names) > 1 or options.has("v", "verbose")) and not options.has(*QUIET)
    status, seen, shown = 0, {}, 0
    for name in names:
        try:
            content = await call.stdin() if name == "-" else call.fs.read_file(call.path(name))
        except OSError as error:
            doing = (
                f"error reading '{name}'"
                if error.errno == 21
                else f"cannot open '{name}' for reading"
            )
            await call.err(f"tail: {doing}: {error.strerror}\n")
            status = 1
            continue
        if headed:
            title = "standard input" if name == "-" else name
            await call.out(("\n" if shown else "") + f"==> {title} <==\n")
        shown += 1
        await call.out(_end(content, options))
        if name != "-":
            seen[name] = len(content)
    if options.has("f", "F", "follow") and seen:
        await _follow(call, seen, headed)
    return status


def _end(content: bytes, options: Options) -> bytes:
    amount = options.value("c", "bytes")
    if amount is not None:
        count = _number(amount, "bytes")
        return (
            content[count - 1 :] if amount.startswith("+") else content[-count:] if count else b""
        )
    amount = options.value("n", "lines") or "10"
    end = b"\0" if options.has("z", "zero-terminated") else b"\n"
    count, lines = _number(amount, "lines"), [line + end for line in content.split(end)]
    lines[-1] = lines[-1][:-1]  # after the last end is what has none
    lines = lines if lines[-1] else lines[:-1]
    if amount.startswith("+"):
        return b"".join(lines[max(count - 1, 0) :])
    return b"".join(lines[-count:]) if count else b""


def _number(text: str, what: str) -> int:
    if not re.fullmatch(r"[-+]?\d+[kKMG]?", text):
        raise Complaint(f"tail: invalid number of {what}: ‘{text}’\n")
    size = {"k": 1000, "K": 1024, "M": 1 << 20, "G": 1 << 30}.get(text[-1], 1)
    return abs(int(text.rstrip("kKMG"))) * size


async def _follow(call: Call, seen: dict[str, int], headed: bool) -> None:
    last = list(seen)[-1]
    while True:
        await asyncio.sleep(LOOK_EVERY)
        for name, size in seen.items():
            content = call.read(call.path(name))
            if content is None or len(content) == size:
                continue
            if len(content) < size:
                await call.err(f"tail: {name}: file truncated\n")
                size = 0
            if headed and name != last:
                await call.out(f"\n==> {name} <==\n")
            last, seen[name] = name, len(content)
            await call.out(content[size:])
