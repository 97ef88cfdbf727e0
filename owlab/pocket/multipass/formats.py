"""``table``, ``json``, ``csv`` and ``yaml`` as Multipass 1.17 prints them.

One difference: tables and ``info`` for people leave the zone out, since a pocket lab has a single
one; what programs read has it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from owlab.pocket.machines.sizes import show_size
from owlab.pocket.machines.snapshots import Snapshot
from owlab.pocket.multipass.report import MachineRow

FORMATS = ("table", "json", "csv", "yaml")
NONE = "--"
NO_SNAPSHOTS = "No snapshots found.\n"


def as_json(value: object, depth: int = 0) -> str:
    """Four blanks, and an empty list or object over two lines."""
    pad, inner = "    " * depth, "    " * (depth + 1)
    if isinstance(value, dict):
        if not value:
            return "{\n" + pad + "}"
        rows = [f"{inner}{json.dumps(k)}: {as_json(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + pad + "}"
    if isinstance(value, list):
        if not value:
            return "[\n" + pad + "]"
        rows = [inner + as_json(item, depth + 1) for item in value]
        return "[\n" + ",\n".join(rows) + "\n" + pad + "]"
    return json.dumps(value, ensure_ascii=False)


def as_yaml(value: object) -> str:
    """Block style, in the order given; ends with a newline."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return text


def as_csv(header: str, rows: Iterable[Sequence[object]]) -> str:
    """A header, and rows that quote what needs it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(rows)
    return header + "\n" + out.getvalue()


def _zone(row: MachineRow) -> str:
    return str(row.zone["name"]) + ("" if row.zone["available"] else "(n/a)")


def _truth(value: object) -> str:
    return "true" if value else "false"


def listing(rows: list[MachineRow], form: str, *, zones: bool = False) -> str:
    """``multipass list``."""
    if form == "json":
        entries = [
            {
                "name": row.name,
                "state": row.state,
                "ipv4": row.ipv4,
                "release": row.release,
                "zone": row.zone,
            }
            for row in rows
        ]
        return as_json({"list": entries}) + "\n"
    if form == "yaml":
        return as_yaml({row.name: [_listed_yaml(row)] for row in rows}) if rows else "\n"
    if form == "csv":
        lines = [
            f"{row.name},{row.state},{row.ipv4[0] if row.ipv4 else ''},{row.release},"
            f'"{",".join(row.ipv4)}",{row.zone["name"]},{_truth(row.zone["available"])}\n'
            for row in rows
        ]
        return "Name,State,IPv4,Release,AllIPv4,Zone,Zone available\n" + "".join(lines)
    if not rows:
        return "No instances found.\n"
    width = max(24, *(len(row.name) + 2 for row in rows))
    image = 20 if zones else 0
    lines = [f"{'Name':<{width}}{'State':<18}{'IPv4':<17}{'Image':<{image}}{'Zone' * zones}"]
    for row in rows:
        first = row.ipv4[0] if row.ipv4 else NONE
        lines.append(
            f"{row.name:<{width}}{row.state:<18}{first:<17}{row.release:<{image}}"
            f"{_zone(row) * zones}"
        )
        lines += [" " * (width + 18) + address for address in row.ipv4[1:]]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _listed_yaml(row: MachineRow) -> dict[str, Any]:
    return {"state": row.state, "zone": row.zone, "ipv4": row.ipv4, "release": row.release}


def _info(row: MachineRow) -> dict[str, Any]:
    disk = {"used": str(row.disk[0]), "total": str(row.disk[1])} if row.disk else {}
    memory = {"used": row.memory[0], "total": row.memory[1]} if row.memory else {}
    return {
        "zone": row.zone,
        "state": row.state,
        "image_hash": row.image_hash,
        "image_release": row.image_release,
        "release": row.full_release,
        "cpu_count": row.cpus,
        "snapshot_count": str(row.snapshots),
        "load": row.load,
        "disks": {"sda1": disk},
        "memory": memory,
        "ipv4": row.ipv4,
        "mounts": row.mounts,
    }


INFO_CSV = (
    "Name,State,Zone,Zone available,Ipv4,Release,Image hash,Image release,Load,Disk usage,"
    "Disk total,Memory usage,Memory total,Mounts,AllIPv4,CPU(s),Snapshots"
)


def details(rows: list[MachineRow], form: str, *, zones: bool = False) -> str:
    """``multipass info``."""
    if form == "json":
        return as_json({"errors": [], "info": {row.name: _info(row) for row in rows}}) + "\n"
    if form == "yaml":
        return as_yaml({"errors": [None], **{row.name: [_info(row)] for row in rows}})
    if form == "csv":
        return as_csv(INFO_CSV, [_info_csv(row) for row in rows])
    return "\n".join(_info_table(row, zones) for row in rows)


def _info_csv(row: MachineRow) -> list[object]:
    disk, memory = row.disk or ("", ""), row.memory or ("", "")
    mounts = ";".join(f"{m['source_path']} => {target}" for target, m in row.mounts.items())
    return [
        row.name,
        row.state,
        row.zone["name"],
        _truth(row.zone["available"]),
        row.ipv4[0] if row.ipv4 else "",
        row.full_release,
        row.image_hash,
        row.image_release,
        " ".join(map(str, row.load)),
        *disk,
        *memory,
        mounts,
        ";".join(row.ipv4),
        row.cpus,
        row.snapshots,
    ]


def _info_table(row: MachineRow, zones: bool) -> str:
    def usage(pair: tuple[int, int] | None) -> str:
        return f"{show_size(pair[0])} out of {show_size(pair[1])}" if pair else NONE

    image = f"{row.image_hash[:12]} (Ubuntu {row.image_release})"
    fields = [("Name", row.name), ("State", row.state)]
    fields += [("Zone", _zone(row))] if zones else []
    fields += [
        ("Snapshots", str(row.snapshots)),
        ("IPv4", ("\n" + " " * 16).join(row.ipv4) or NONE),
        ("Release", row.full_release or NONE),
        ("Image hash", image if row.image_hash else "Not Available"),
        ("CPU(s)", row.cpus or NONE),
        ("Load", " ".join(f"{value:.2f}" for value in row.load) or NONE),
        ("Disk usage", usage(row.disk)),
        ("Memory usage", usage(row.memory)),
    ]
    lines = [f"{name + ':':<16}{value}" for name, value in fields]
    return "\n".join([*lines, f"{'Mounts:':<16}{_mounts(row)}"]) + "\n"


def _mounts(row: MachineRow) -> str:
    if not row.mounts:
        return NONE
    width = max(len(m["source_path"]) for m in row.mounts.values())
    blocks = []
    for target, mount in row.mounts.items():
        lines = [f"{mount['source_path']:<{width}} => {target}"]
        for which in ("uid", "gid"):
            ids = ", ".join(mount[f"{which}_mappings"])
            lines.append(f"{'':20}{which.upper()} map: {ids}")
        blocks.append("\n".join(lines))
    return ("\n" + " " * 16).join(blocks)


def images(found: dict[str, dict[str, Any]], form: str) -> str:
    """``multipass find``."""
    if form == "json":
        return as_json({"errors": [], "images": found}) + "\n"
    if form == "yaml":
        return as_yaml({"errors": [], "images": found})
    if form == "csv":
        rows = [
            (
                key.rpartition(":")[2],
                image["remote"],
                ";".join(image["aliases"]),
                image["os"],
                image["release"],
                image["version"],
                "Cloud Image",
            )
            for key, image in found.items()
        ]
        return as_csv("Image,Remote,Aliases,OS,Release,Version,Type", rows)
    if not found:
        return "No images found.\n"
    lines = [f"{'Image':<28}{'Aliases':<18}{'Version':<17}Description"]
    for key, image in found.items():
        aliases = ",".join(image["aliases"])
        lines.append(
            f"{key:<28}{aliases:<18}{image['version']:<17}{image['os']} {image['release']}"
        )
    return "\n".join(lines) + "\n"


def snapshots(machines: dict[str, dict[str, Snapshot]], form: str) -> str:
    """``multipass list --snapshots``."""
    rows = [(m, name, kept) for m, all_ in machines.items() for name, kept in all_.items()]
    if form in ("json", "yaml"):
        found: dict[str, Any] = {}
        for machine, name, kept in rows:
            about = {"parent": kept.parent, "comment": kept.comment}
            found.setdefault(machine, {})[name] = about
        value = {"errors": [], "info": found}
        return as_json(value) + "\n" if form == "json" else as_yaml(value)
    if form == "csv":
        lines = [f'{m},{n},{k.parent},"{k.comment}"\n' for m, n, k in rows]
        return "Instance,Snapshot,Parent,Comment\n" + "".join(lines)
    if not rows:
        return NO_SNAPSHOTS
    lines = [f"{'Instance':<13}{'Snapshot':<13}{'Parent':<11}Comment"]
    lines += [f"{m:<13}{n:<13}{k.parent or NONE:<11}{k.comment or NONE}" for m, n, k in rows]
    return "\n".join(lines) + "\n"
