"""`du`: how much of the disk files take."""

from __future__ import annotations

import posixpath

from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.mounts import mounts
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Options, parse, usage

BLOCK = 4096
UNITS = ("", "K", "M", "G", "T")


@program("du", machines="all")
async def du(call: Call) -> int:
    """Sizes of directories with what is below; ``-s``, ``-h``, ``-a``, ``-c``, ``-d N``, ``-b``."""
    options = parse(
        call,
        "abcd:DhHkmsSxL0",
        "all apparent-size bytes total max-depth= human-readable summarize one-file-system null "
        "separate-dirs dereference dereference-args",
        absent="L dereference",
    )
    deepest = options.value("d", "max-depth")
    if deepest is not None and not deepest.isdecimal():
        raise usage("du", f"invalid maximum depth ‘{deepest}’")
    end = "\0" if options.has("0", "null") else "\n"
    if options.has("s", "summarize") and options.has("a", "all"):
        raise usage("du", "cannot both summarize and show all entries")
    if options.has("s", "summarize") and deepest == "0":
        await call.err("du: warning: summarizing is the same as using --max-depth=0\n")
    depth = 0 if options.has("s", "summarize") else int(deepest) if deepest else 1 << 20
    status, whole = 0, 0
    for name in options.words or (".",):
        path = call.path(name)
        try:
            inode = call.fs.look(path, follow=options.has("H", "D", "dereference-args"))
        except OSError as error:
            await call.err(f"du: cannot access '{name}': {error.strerror}\n")
            status = 1
            continue
        size, failed = await _measure(call, options, inode, path, name, depth)
        if not inode.is_directory:
            await call.out(f"{_shown(size, options)}\t{name}{end}")
        whole, status = whole + size, max(status, failed)
    if options.has("c", "total"):
        await call.out(f"{_shown(whole, options)}\ttotal{end}")
    return status


async def _measure(
    call: Call, options: Options, inode: Inode, path: str, name: str, depth: int
) -> tuple[int, int]:
    end = "\0" if options.has("0", "null") else "\n"
    exact = options.has("b", "bytes", "apparent-size")
    size = inode.size if exact else 0 if inode.kind == "symlink" else _blocks(inode)
    if not inode.is_directory:
        return size, 0
    status, own = 0, size
    elsewhere = _mounted(call) if options.has("x", "one-file-system") else set()
    try:
        entries = call.fs.read_dir(path)
    except OSError as error:
        await call.err(f"du: cannot read directory '{name}': {error.strerror}\n")
        entries, status = [], 1
    for entry in entries:
        inner = str(entry["name"])
        below = posixpath.join(path, inner)
        shown = posixpath.join(name, inner)
        if below in elsewhere:
            continue
        child = call.fs.look(below, follow=False)
        more, failed = await _measure(call, options, child, below, shown, depth - 1)
        if options.has("a", "all") and not child.is_directory and depth > 0:
            await call.out(f"{_shown(more, options)}\t{shown}{end}")
        size, status = size + more, max(status, failed)
        own += 0 if child.is_directory else more
    if depth >= 0:
        told = own if options.has("S", "separate-dirs") else size
        await call.out(f"{_shown(told, options)}\t{name}{end}")
    return size, status


def _mounted(call: Call) -> set[str]:
    return {entry.target for entry in mounts(call.machine)}


def _blocks(inode: Inode) -> int:
    size = inode.size if inode.is_directory or inode.source is not None else inode.taken
    return -(-size // BLOCK) * BLOCK


def _shown(size: int, options: Options) -> str:
    units = [g for g, _ in options.given if g in ("h", "human-readable", "b", "bytes", "k", "m")]
    if units and units[-1] in ("h", "human-readable"):
        value, unit = float(size), 0
        while value >= 1024 and unit < len(UNITS) - 1:
            value, unit = value / 1024, unit + 1
        return f"{value:.1f}{UNITS[unit]}" if value < 10 and unit else f"{value:.0f}{UNITS[unit]}"
    if units and units[-1] in ("b", "bytes"):
        return str(size)
    return str(-(-size // (1 << 20 if units[-1:] == ["m"] else 1024)))
