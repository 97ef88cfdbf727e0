"""`df`: the disks that a machine sees, its own and those of other machines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from owlab.pocket.machines.mounts import mounts
from owlab.pocket.machines.tree import Tree
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse, usage

PER_INODE = 16 << 10
"""ext4 makes one for so many bytes."""
LONG = (
    "all human-readable si inodes print-type portability total kilobytes local sync no-sync "
    "block-size= type= exclude-type= output?"
)
UNITS = ("", "K", "M", "G", "T")
SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
WIDTHS = {"source": 14, "fstype": 4, "size": 5, "used": 5, "avail": 5, "pcent": 4}
LEFT = ("source", "fstype", "target", "file")


@dataclass(frozen=True, slots=True)
class DiskRow:
    """One file system, in bytes and in inodes."""

    source: str
    kind: str
    size: int
    used: int
    target: str
    inodes: int
    inodes_used: int
    named: str = "-"


@program("df")
async def df(call: Call) -> int:
    """The disks, or those of FILEs: ``-h -H -T -i -P -k -m -l -B SIZE -t -x --total --output``."""
    options = parse(call, "ahHiTPkmlB:t:x:", LONG, absent="a all")
    rows, status = await _chosen(call, options)
    kinds = options.values("t", "type")
    without = options.values("x", "exclude-type")
    rows = [row for row in rows if (not kinds or row.kind in kinds) and row.kind not in without]
    if not rows:
        raise Complaint("df: no file systems processed\n" if kinds or without else "")
    if options.has("total"):
        rows.append(_total(rows))
    columns = _columns(options)
    show = _sizes(options)
    table = [list(_titles(columns, options, show))]
    table += [[_cell(row, column, show) for column in columns] for row in rows]
    for line in _aligned(table, columns):
        await call.out(f"{line}\n")
    return status


async def _chosen(call: Call, options: Options) -> tuple[list[DiskRow], int]:
    rows = _rows(call, local=options.has("l", "local"))
    if not options.words:
        return rows, 0
    found, status = [], 0
    for name in options.words:
        path = call.path(name)
        try:
            call.fs.look(path)
        except OSError as error:
            await call.err(f"df: {name}: {error.strerror}\n")
            status = 1
            continue
        path = call.fs.resolve(path)
        below = [row for row in rows if f"{path}/".startswith(f"{row.target.rstrip('/')}/")]
        row = max(below, key=lambda one: len(one.target))
        found.append(
            DiskRow(
                *(row.source, row.kind, row.size, row.used, row.target),
                *(row.inodes, row.inodes_used, name),
            )
        )
    if not found:
        raise Complaint("", 1)
    return found, status


def _rows(call: Call, *, local: bool) -> list[DiskRow]:
    machine = call.machine
    rows = [
        DiskRow(
            *("/dev/vda1", "ext4", machine.disk_total, machine.disk_used, "/"),
            *(machine.disk_total // PER_INODE, _counted(machine.tree)),
        )
    ]
    for entry in [] if local else mounts(machine):
        server = call.fleet.get(entry.server)
        if server is not None:
            rows.append(
                DiskRow(
                    *(entry.source, entry.kind, server.disk_total, server.disk_used, entry.target),
                    *(server.disk_total // PER_INODE, _counted(server.tree)),
                )
            )
    return rows


def _counted(tree: Tree) -> int:
    """The files and directories of a tree; Ubuntu's own would be many more."""
    pending, count = [tree.root], 0
    while pending:
        inode = pending.pop()
        count += 1
        pending += inode.entries.values()
    return count


def _total(rows: list[DiskRow]) -> DiskRow:
    return DiskRow(
        *("total", "-", sum(row.size for row in rows), sum(row.used for row in rows), "-"),
        *(sum(row.inodes for row in rows), sum(row.inodes_used for row in rows)),
    )


def _columns(options: Options) -> list[str]:
    known = (
        *("source", "fstype", "itotal", "iused", "iavail", "ipcent"),
        *("size", "used", "avail", "pcent", "file", "target"),
    )
    if options.has("output"):
        chosen = [name for text in options.values("output") for name in text.split(",") if name]
        for at, name in enumerate(chosen):
            if name not in known:
                raise usage("df", f"option --output: field ‘{name}’ unknown")
            if name in chosen[:at]:
                raise usage("df", f"option --output: field ‘{name}’ used more than once")
        return chosen or list(known)
    numbers = ["size", "used", "avail", "pcent"]
    if options.has("i", "inodes"):
        numbers = ["itotal", "iused", "iavail", "ipcent"]
    return ["source", *(["fstype"] if options.has("T", "print-type") else []), *numbers, "target"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How sizes are shown."""

    step: int = 0
    """1024 or 1000 for people; 0 for numbers of blocks."""
    block: int = 1024
    suffix: str = ""

    def __call__(self, size: int) -> str:
        """One of them, rounded up as `df` does."""
        if not self.step:
            return f"{-(-size // self.block)}{self.suffix}"
        value, unit = float(size), 0
        while value >= self.step and unit < len(UNITS) - 1:
            value, unit = value / self.step, unit + 1
        letter = "k" if self.step == 1000 and unit == 1 else UNITS[unit]
        if unit and value < 10 and math.ceil(value * 10) < 100:
            return f"{math.ceil(value * 10) / 10:.1f}{letter}"
        return f"{math.ceil(value)}{letter}"


def _sizes(options: Options) -> Sizes:
    if options.has("h", "human-readable"):
        return Sizes(1024)
    if options.has("H", "si"):
        return Sizes(1000)
    if options.has("m"):
        return Sizes(block=1 << 20)
    text = options.value("B", "block-size")
    if text is None or options.has("k", "kilobytes"):
        return Sizes()
    number = text.rstrip("KMGBkmg") or "1"
    unit = text[len(text.rstrip("KMGBkmg")) :].upper().replace("IB", "")
    if not number.isdecimal() or unit not in {"", *SIZES}:
        raise Complaint(f"df: invalid -B argument '{text}'\n")
    only = text[:1].isalpha()
    return Sizes(block=int(number) * SIZES.get(unit, 1), suffix=unit if only else "")


def _titles(columns: list[str], options: Options, show: Sizes) -> list[str]:
    posix = options.has("P", "portability")
    block = {1 << 10: "1K", 1 << 20: "1M", 1 << 30: "1G"}.get(show.block, f"{show.block}B")
    names = {
        "source": "Filesystem",
        "fstype": "Type",
        "size": "Size" if show.step else "1024-blocks" if posix else f"{block}-blocks",
        "used": "Used",
        "avail": "Avail" if show.step else "Available",
        "pcent": "Capacity" if posix else "Use%",
        "itotal": "Inodes",
        "iused": "IUsed",
        "iavail": "IFree",
        "ipcent": "IUse%",
        "file": "File",
        "target": "Mounted on",
    }
    return [names[column] for column in columns]


def _cell(row: DiskRow, column: str, show: Sizes) -> str:
    inodes = Sizes(show.step, 1)
    match column:
        case "size":
            return show(row.size)
        case "used":
            return show(row.used)
        case "avail":
            return show(row.size - row.used)
        case "pcent":
            return _percent(row.used, row.size)
        case "itotal":
            return inodes(row.inodes)
        case "iused":
            return inodes(row.inodes_used)
        case "iavail":
            return inodes(row.inodes - row.inodes_used)
        case "ipcent":
            return _percent(row.inodes_used, row.inodes)
    return {"source": row.source, "fstype": row.kind, "file": row.named, "target": row.target}[
        column
    ]


def _percent(used: int, total: int) -> str:
    return f"{math.ceil(100 * used / total)}%" if total else "-"


def _aligned(table: list[list[str]], columns: list[str]) -> list[str]:
    widths = [
        max(WIDTHS.get(column, 5), *(len(row[at]) for row in table))
        for at, column in enumerate(columns)
    ]
    lines = []
    for row in table:
        cells = [
            cell.ljust(width) if column in LEFT else cell.rjust(width)
            for cell, column, width in zip(row, columns, widths, strict=True)
        ]
        lines.append(" ".join(cells).rstrip())
    return lines
