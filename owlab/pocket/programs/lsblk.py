"""`lsblk`: the machine's one disk and its partition."""

from __future__ import annotations

import json

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

LONG = "bytes fs json list nodeps noheadings output= paths all tree raw topology"
USUAL = ("NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "MOUNTPOINTS")
SYSTEMS = ("NAME", "FSTYPE", "FSVER", "LABEL", "UUID", "FSAVAIL", "FSUSE%", "MOUNTPOINTS")
RIGHT = ("SIZE", "RM", "RO", "FSAVAIL", "FSUSE%", "FSSIZE", "FSUSED")
GIB = 1 << 30


@program("lsblk")
async def lsblk(call: Call) -> int:
    """The disk that the machine was launched with; ``-f -o -b -d -n -p -l -J``."""
    options = parse(call, "afbdJlno:prt", LONG, absent="t topology tree")
    columns: tuple[str, ...] = SYSTEMS if options.has("f", "fs") else USUAL
    if (given := options.value("o", "output")) is not None:
        columns = tuple(given.upper().split(","))
    rows = _rows(call, sizes_in_bytes=options.has("b", "bytes"))
    if options.has("d", "nodeps"):
        rows = rows[:1]
    if names := [name.removeprefix("/dev/") for name in options.words]:
        if missing := [name for name in names if name not in ("vda", "vda1")]:
            raise Complaint(
                f"lsblk: {options.words[names.index(missing[0])]}: not a block device\n", 32
            )
        rows = rows if "vda" in names else rows[1:]
    for column in columns:
        if column not in rows[0]:
            raise Complaint(f"lsblk: unknown column: {column}\n")
    if options.has("p", "paths"):
        rows = [{**row, "NAME": f"/dev/{row['NAME']}"} for row in rows]
    if options.has("J", "json"):
        await call.out(_json(rows, columns))
        return 0
    flat = options.has("l", "list", "r", "raw")
    if not flat and len(rows) > 1:
        rows[1]["NAME"] = f"└─{rows[1]['NAME']}"
    table = [] if options.has("n", "noheadings") else [list(columns)]
    table += [[row[column] for column in columns] for row in rows]
    widths = [max(len(line[at]) for line in table) for at in range(len(columns))]
    for line in table:
        cells = [
            cell.rjust(width) if column in RIGHT else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ]
        await call.out(" ".join(cells).rstrip() + "\n")
    return 0


def _rows(call: Call, *, sizes_in_bytes: bool) -> list[dict[str, str]]:
    machine = call.machine
    size = machine.spec.disk
    free = machine.disk_total - machine.disk_used

    def shown(number: int) -> str:
        return str(number) if sizes_in_bytes else f"{number / GIB:.1f}G".replace(".0G", "G")

    disk = {
        "NAME": "vda", "KNAME": "vda", "MAJ:MIN": "252:0", "RM": "0", "SIZE": shown(size),
        "RO": "0", "TYPE": "disk", "MOUNTPOINT": "", "MOUNTPOINTS": "", "FSTYPE": "", "FSVER": "",
        "LABEL": "", "UUID": "", "FSAVAIL": "", "FSUSE%": "", "FSSIZE": "", "FSUSED": "",
        "PKNAME": "", "MODEL": "", "SERIAL": "", "ROTA": "1", "OWNER": "root", "GROUP": "disk",
        "MODE": "brw-rw----", "PATH": "/dev/vda",
    }  # fmt: skip
    part = {
        **disk, "NAME": "vda1", "KNAME": "vda1", "MAJ:MIN": "252:1", "TYPE": "part",
        "MOUNTPOINT": "/", "MOUNTPOINTS": "/", "FSTYPE": "ext4", "FSVER": "1.0",
        "LABEL": "cloudimg-rootfs", "FSAVAIL": shown(free), "PKNAME": "vda", "PATH": "/dev/vda1",
        "FSUSE%": f"{100 * machine.disk_used // machine.disk_total}%",
        "FSSIZE": shown(machine.disk_total), "FSUSED": shown(machine.disk_used),
    }  # fmt: skip
    return [disk, part]


def _json(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    def one(row: dict[str, str]) -> dict[str, object]:
        found: dict[str, object] = {}
        for column in columns:
            value: object = row[column] or None
            if column in ("RM", "RO", "ROTA"):
                value = row[column] == "1"
            elif column == "MOUNTPOINTS":
                value = [row[column] or None]
            found[column.lower()] = value
        return found

    top = one(rows[0])
    if len(rows) > 1:
        top["children"] = [one(rows[1])]
    return json.dumps({"blockdevices": [top]}, indent=3) + "\n"
