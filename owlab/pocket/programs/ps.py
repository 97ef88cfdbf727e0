"""`ps`: the table of processes in the forms that are asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.processes import COLUMNS, processes, value
from owlab.pocket.programs.ps_options import CHOOSERS, PsOptions, understood

SHORT = ["pid", "tty=TTY", "time", "comm=CMD"]
BSD = ["pid", "tty=TTY", "stat", "bsdtime", "args"]
Shown = Callable[[ProcessRow, str], str]
BY_START = {"start", "lstart", "etime"}


@program("ps")
async def ps(call: Call) -> int:
    """Processes: ``aux``, ``-ef``, ``-p PID``, ``-u USER``, ``-C NAME``, ``-o COLUMNS``,
    ``--sort KEYS``, ``--forest``."""
    options = understood(list(call.argv))
    rows = processes(call)
    chosen = _sorted(call, _chosen(call, rows, options), options.keys)
    depths = dict[int, int]()
    if options.forest:
        chosen, depths = _tree(chosen)

    def command(row: ProcessRow, text: str) -> str:
        depth = depths.get(row.pid, 0)
        return "    " * (depth - 1) + " \\_ " + text if depth else text

    if options.users:
        lines = _users(call, chosen, command)
    elif options.full and not options.columns:
        lines = _full(chosen, command)
    else:
        columns = options.columns or (BSD if options.bsd else SHORT)
        lines = _columns(call, chosen, columns, command)
        options.headed = options.headed and bool(lines[0].strip())
    for line in lines if options.headed else lines[1:]:
        await call.out(line.rstrip() + "\n")
    return 0 if chosen else 1


def _chosen(call: Call, rows: list[ProcessRow], options: PsOptions) -> list[ProcessRow]:
    if options.lists:
        return [row for row in rows if any(CHOOSERS[by](row, named) for by, named in options.lists)]
    if options.everyone or (options.with_terminal and options.own):
        return rows
    if options.with_terminal:
        return [row for row in rows if row.tty != "?"]
    if options.own:
        return [row for row in rows if row.user == call.user]
    tty = next((row.tty for row in rows if row.state == "R+"), "pts/0")
    return [row for row in rows if row.tty == tty and row.user == call.user]


def _sorted(call: Call, rows: list[ProcessRow], keys: list[str]) -> list[ProcessRow]:
    for key in reversed(keys):
        name = key.lstrip("+-")

        def by(row: ProcessRow, name: str = name) -> tuple[float, str]:
            if name in BY_START:
                return row.started if name != "etime" else -row.started, ""
            text = value(call, row, name)
            try:
                return float(text), ""
            except ValueError:
                return 0.0, text

        rows = sorted(rows, key=by, reverse=key.startswith("-"))
    return rows


def _tree(rows: list[ProcessRow]) -> tuple[list[ProcessRow], dict[int, int]]:
    """Each below its parent; how deep each is."""
    there = {row.pid for row in rows}
    below: dict[int, list[ProcessRow]] = {}
    for row in rows:
        below.setdefault(row.parent if row.parent in there else 0, []).append(row)
    ordered: list[ProcessRow] = []
    depths: dict[int, int] = {}

    def add(row: ProcessRow, depth: int) -> None:
        ordered.append(row)
        depths[row.pid] = depth
        for child in below.get(row.pid, []):
            add(child, depth + 1)

    for row in below.get(0, []):
        add(row, 0)
    return ordered, depths


def _columns(call: Call, rows: list[ProcessRow], columns: list[str], command: Shown) -> list[str]:
    names = [column.partition("=")[0] for column in columns]
    titles = [
        column.partition("=")[2] if "=" in column else COLUMNS[name][0]
        for column, name in zip(columns, names, strict=True)
    ]
    table = [titles]
    for row in rows:
        cells = [value(call, row, name) for name in names]
        # The last one is what `ps` draws its tree before.
        if names[-1] in ("comm", "cmd", "args", "command"):
            cells[-1] = command(row, cells[-1])
        table.append(cells)
    return [
        " ".join(
            cell.ljust(-COLUMNS[name][1]) if COLUMNS[name][1] < 0 else cell.rjust(COLUMNS[name][1])
            for cell, name in zip(cells, names, strict=True)
        )
        for cells in table
    ]


def _users(call: Call, rows: list[ProcessRow], command: Shown) -> list[str]:
    lines = ["USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND"]
    for row in rows:
        start = time.strftime("%H:%M", time.gmtime(row.started))
        lines.append(
            f"{row.user:<8} {row.pid:>7}  0.0 {value(call, row, '%mem'):>4} {row.memory * 9:>6} "
            f"{row.memory:>5} {row.tty:<8} {row.state:<4} {start}   0:00 "
            f"{command(row, row.command)}"
        )
    return lines


def _full(rows: list[ProcessRow], command: Shown) -> list[str]:
    lines = ["UID          PID    PPID  C STIME TTY          TIME CMD"]
    for row in rows:
        start = time.strftime("%H:%M", time.gmtime(row.started))
        lines.append(
            f"{row.user:<8} {row.pid:>7} {row.parent:>7}  0 {start} {row.tty:<8} 00:00:00 "
            f"{command(row, row.command)}"
        )
    return lines
