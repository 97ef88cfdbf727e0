"""`free` and `vmstat`: the memory that the machine was launched with."""

from __future__ import annotations

import asyncio

from owlab.pocket.machines import usage
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse

UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
LETTERS = "BKMGT"
FREE = "bytes kibi mebi gibi kilo mega giga human si total wide seconds= count= lohi committed"
LONG = {"bytes": "b", "kibi": "k", "mebi": "m", "gibi": "g"}
SI = {"kilo": 1000, "mega": 1000**2, "giga": 1000**3}


@program("free")
async def free(call: Call) -> int:
    """``-h -b -k -m -g --si -t -w -l -s SECONDS -c COUNT``; nothing of it changes by itself."""
    options = parse(call, "bkmghtws:c:lv", FREE, absent="v committed")
    if options.words:
        raise Complaint("Usage:\n free [options]\n")
    seconds, count = options.value("s", "seconds"), options.value("c", "count")
    for value, what in ((seconds, "seconds argument"), (count, "count argument")):
        if value is not None and not value.replace(".", "", 1).isdecimal():
            raise Complaint(f"free: {what} failed: '{value}'\n")
    left = int(float(count)) if count else None if seconds else 1
    while left is None or left > 0:
        await call.out(_table(call, options))
        left = left - 1 if left is not None else None
        if left == 0:
            break
        await call.out("\n")
        await asyncio.sleep(float(seconds or 1))
    return 0


def _table(call: Call, options: Options) -> str:
    used, total = usage.memory(call.machine)
    wide = options.has("w", "wide")
    heads = ["total", "used", "free", "shared", *(["buffers", "cache"] if wide else ["buff/cache"])]
    memory = [total, used, total - used, 0, *([0, 0] if wide else [0]), total - used]
    rows = [("Mem:", memory)]
    if options.has("l", "lohi"):
        rows += [("Low:", [total, used, total - used]), ("High:", [0, 0, 0])]
    rows.append(("Swap:", [0, 0, 0]))
    if options.has("t", "total"):
        rows.append(("Total:", [total, used, total - used]))
    text = f"{'':<8}" + "".join(f"{head:>12}" for head in [*heads, "available"]) + "\n"
    for name, sizes in rows:
        text += f"{name:<8}" + "".join(f"{_shown(size, options):>12}" for size in sizes) + "\n"
    return text


def _shown(size: int, options: Options) -> str:
    step = 1000 if options.has("si") else 1024
    if options.has("h", "human"):
        return _human(size, step)
    for name, unit in SI.items():
        if options.has(name):
            return str(size // unit)
    for name, letter in LONG.items():
        if options.has(name, letter):
            return str(size // (step ** "bkmg".index(letter)))
    return str(size // step)


def _human(size: int, step: int) -> str:
    """As procps: a decimal where there is room for it."""
    value, unit = float(size), 0
    while value >= step and unit < len(LETTERS) - 1:
        value, unit = value / step, unit + 1
    if not unit:
        return f"{size}B"
    end = LETTERS[unit] + ("" if step == 1000 else "i")
    short = f"{value:.1f}{end}"
    return short if len(short) <= 3 + len(end) else f"{int(value)}{end}"


@program("vmstat")
async def vmstat(call: Call) -> int:
    """``vmstat [-S UNIT] [-n] [SECONDS [COUNT]]``: memory; nothing of it changes by itself."""
    options = parse(
        call,
        "anwtS:",
        "active one-header wide timestamp unit=",
        absent="a active w wide t timestamp",
    )
    words = options.words
    if len(words) > 2 or any(not word.isdecimal() for word in words):
        raise Complaint(f"vmstat: failed to parse argument: '{words[-1]}'\n")
    unit = options.value("S", "unit") or "k"
    if unit.lower() not in UNITS:
        raise Complaint("vmstat: -S requires k, K, m or M (default is KiB)\n")
    step = {"k": 1000, "K": 1024, "m": 10**6, "M": 1 << 20}.get(
        unit if options.has("S", "unit") else "K", 1024
    )
    await call.out(
        "procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------\n"
        " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu\n"
    )
    left = int(words[1]) if len(words) > 1 else 1 if not words else None
    used, total = usage.memory(call.machine)
    free_now = (total - used) // step
    while left is None or left > 0:
        await call.out(
            f" 0  0      0 {free_now:>6} {0:>6} {0:>6}    0    0     0     0    0    0"
            "  0  0 100  0  0  0\n"
        )
        left = left - 1 if left is not None else None
        if left != 0:
            await asyncio.sleep(int(words[0]))
    return 0
