"""`tail`: the end of files, and with ``-f`` what comes after it."""

from __future__ import annotations

import asyncio
import errno
import re

from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.dd import count_of
from owlab.pocket.programs.options import Complaint, Options, parse

LOOK_EVERY = 0.25
OLD = re.compile(r"([-+])(\d+)([bcl]?)(f?)")
QUIET = ("q", "quiet", "silent")
LONG = "lines= bytes= follow? quiet silent verbose retry pid= sleep-interval= zero-terminated"


@program("tail", machines="all")
async def tail(call: Call) -> int:
    """The last ten lines; ``-n N``, ``-n +N``, ``-c N``, ``-f``, ``-F``, ``-q``, ``-v``."""
    call.argv = _in_the_new_way(call.argv)
    options = parse(call, "n:c:fFqvs:z", LONG, absent="pid")
    pause = _seconds(options.value("s", "sleep-interval"))
    names = list(options.words) or ["-"]
    headed = (len(names) > 1 or options.has("v", "verbose")) and not options.has(*QUIET)
    status, seen, shown = 0, {}, 0
    for name in names:
        try:
            content = await call.stdin() if name in STDIN else call.fs.read_file(call.path(name))
        except OSError as error:
            doing = (
                f"error reading '{name}'"
                if error.errno == errno.EISDIR
                else f"cannot open '{name}' for reading"
            )
            if headed and error.errno == errno.EISDIR:
                await call.out(_title(name, shown))
                shown += 1
            await call.err(f"tail: {doing}: {error.strerror}\n")
            status = 1
            continue
        if headed:
            await call.out(_title(name, shown))
        shown += 1
        await call.out(_end(content, options))
        if name not in STDIN:
            seen[name] = len(content)
    if options.has("retry") and not options.has("f", "F", "follow"):
        await call.err("tail: warning: --retry ignored; --retry is useful only when following\n")
    if options.has("f", "F", "follow") and seen:
        await _follow(call, seen, headed, pause)
    return status


def _in_the_new_way(argv: list[str]) -> list[str]:
    """``-5``, ``-5f``, ``-100c`` and ``+5``, which are taken before one file at most."""
    old = OLD.fullmatch(argv[0]) if argv else None
    if old is None:
        return argv
    sign, count, unit, follow = old.groups()
    if len([word for word in argv[1:] if word != "--"]) > 1:
        if sign == "+":
            return argv  # then it is a file's name
        raise Complaint(f"tail: option used in invalid context -- {count[0]}\n")
    size = int(count) * (512 if unit == "b" else 1)
    amount = [f"-{'c' if unit in ('b', 'c') else 'n'}", f"{sign.replace('-', '')}{size}"]
    return [*amount, *(["-f"] if follow else []), *argv[1:]]


def _title(name: str, shown: int) -> str:
    title = "standard input" if name == "-" else name
    return ("\n" if shown else "") + f"==> {title} <==\n"


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
    try:
        return count_of(text.removeprefix("-").removeprefix("+"))
    except ValueError:
        raise Complaint(f"tail: invalid number of {what}: ‘{text}’\n") from None


def _seconds(text: str | None) -> float:
    """Between two looks."""
    if text is None:
        return LOOK_EVERY
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", text):
        raise Complaint(f"tail: invalid number of seconds: ‘{text}’\n")
    return float(text)


async def _follow(call: Call, seen: dict[str, int], headed: bool, pause: float) -> None:
    last = list(seen)[-1]
    while True:
        await asyncio.sleep(pause)
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
