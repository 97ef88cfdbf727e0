"""`findmnt`: what is mounted where."""

from __future__ import annotations

import json

from owlab.pocket.machines.mounts import mounts
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

LONG = (
    "noheadings output= types= target= source= list json raw first-only mountpoint= all fstab "
    "kernel invert df tree nofsroot evaluate bytes"
)
ABSENT = "fstab invert df tree evaluate bytes"
USUAL = ("TARGET", "SOURCE", "FSTYPE", "OPTIONS")
ROOT = {
    "TARGET": "/",
    "SOURCE": "/dev/vda1",
    "FSTYPE": "ext4",
    "OPTIONS": "rw,relatime,discard,errors=remount-ro",
}


@program("findmnt", machines="all")
async def findmnt(call: Call) -> int:
    """Mounts, or those of WORD: ``-t TYPES -T PATH -S SOURCE -M DIR -o COLUMNS -n -l -r -J``."""
    options = parse(call, "no:t:T:S:lJrfM:", LONG, absent=ABSENT)
    rows = [ROOT]
    rows += [
        {"TARGET": m.target, "SOURCE": m.source, "FSTYPE": m.kind, "OPTIONS": m.options}
        for m in mounts(call.machine)
    ]
    kinds = [kind for value in options.values("t", "types") for kind in value.split(",")]
    chosen = [row for row in rows if not kinds or row["FSTYPE"] in kinds]
    if (path := options.value("T", "target")) is not None:
        around = [row for row in chosen if _holds(row["TARGET"], call.path(path))]
        chosen = sorted(around, key=lambda row: len(row["TARGET"]))[-1:]
    if (source := options.value("S", "source")) is not None:
        chosen = [row for row in chosen if row["SOURCE"] == source]
    if (point := options.value("M", "mountpoint")) is not None:
        chosen = [row for row in chosen if row["TARGET"] == call.path(point)]
    for word in options.words:
        chosen = [r for r in chosen if r["TARGET"] == call.path(word) or r["SOURCE"] == word]
    if not chosen:
        return 1
    columns = (options.value("o", "output") or ",".join(USUAL)).upper().split(",")
    if unknown := [column for column in columns if column not in USUAL]:
        raise Complaint(f"findmnt: unknown column: {unknown[0]}\n")
    if options.has("f", "first-only"):
        chosen = chosen[:1]
    if options.has("J", "json"):
        await call.out(_json(chosen, columns))
        return 0
    raw = options.has("r", "raw")
    if chosen[0] is ROOT and not raw and not options.has("l", "list"):
        chosen = _tree(chosen)
    table = [] if options.has("n", "noheadings") else [list(columns)]
    table += [[row[column] for column in columns] for row in chosen]
    widths = [0 if raw else max(map(len, cells)) for cells in zip(*table, strict=True)]
    for line in table:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        await call.out(" ".join(cells).rstrip() + "\n")
    return 0


def _holds(target: str, path: str) -> bool:
    return f"{path}/".startswith(f"{target.rstrip('/')}/")


def _tree(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """All other mounts are below the root."""
    last = len(rows) - 1
    branches = ["", *("├─" for _ in rows[1:last]), *("└─" for _ in rows[last:] if last)]
    return [
        {**row, "TARGET": f"{branch}{row['TARGET']}"}
        for row, branch in zip(rows, branches, strict=True)
    ]


def _json(rows: list[dict[str, str]], columns: list[str]) -> str:
    shown: list[dict[str, object]] = [
        {column.lower(): row[column] for column in columns} for row in rows
    ]
    if rows[0] is ROOT and len(rows) > 1:
        shown = [{**shown[0], "children": shown[1:]}]
    return json.dumps({"filesystems": shown}, indent=3) + "\n"
