"""What Helm prints: tables, times, JSON and YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import yaml


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], widest: int = 0) -> str:
    """Columns padded to their width and joined by tabs; cells longer than ``widest`` are cut."""
    lines = [[str(cell) for cell in row] for row in (header, *rows)]
    if widest:
        lines = [[_cut(cell, widest) for cell in line] for line in lines]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "".join(
        "\t".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + "\n"
        for line in lines
    )


def _cut(cell: str, widest: int) -> str:
    return cell if len(cell) <= widest else cell[: widest - 3] + "..."


def as_json(value: object) -> str:
    """JSON on one line, as Go's encoder writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text + "\n"


class _Dumper(yaml.SafeDumper):
    """YAML in the style of Go's: lists not indented, several lines as a block."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    if not value.replace("\n", "").isprintable():
        style = '"'  # plain and block styles would lose some line separators
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: object) -> str:
    """YAML with sorted keys."""
    if value is None:
        return "null\n"
    if value == {}:
        return "{}\n"
    return yaml.dump(value, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=10**6)


def formatted(value: object, output: str) -> str:
    """``value`` in the format of ``-o json`` or ``-o yaml``."""
    return as_json(value) if output == "json" else as_yaml(value)


def moment(stamp: str) -> datetime | None:
    """The moment of an RFC 3339 timestamp, or None for an empty one."""
    if not stamp or stamp.startswith("0001-"):
        return None
    return datetime.fromisoformat(stamp[:19]).replace(tzinfo=UTC)


def ansic(stamp: str) -> str:
    """A timestamp as Helm shows it in a status: ``Wed May  8 18:15:14 2024``."""
    when = moment(stamp)
    return (
        when.strftime("%a %b ") + f"{when.day:2d}" + when.strftime(" %H:%M:%S %Y") if when else ""
    )


def long_time(stamp: str) -> str:
    """A timestamp as Helm shows it in a list, with the zone."""
    when = moment(stamp)
    if when is None:
        return ""
    fraction = stamp[19:].rstrip("Z").rstrip("0") if stamp[19:20] == "." else ""
    return when.strftime("%Y-%m-%d %H:%M:%S") + fraction.rstrip(".") + " +0000 UTC"


def status_text(release: Mapping[str, Any], *, notes: bool = True, dry_run: bool = False) -> str:
    """A release as ``helm status`` and ``helm install`` print it."""
    info = release["info"]
    deployed = ansic(info.get("last_deployed", ""))
    lines = [
        f"NAME: {release['name']}",
        *([f"LAST DEPLOYED: {deployed}"] if deployed else []),
        f"NAMESPACE: {release['namespace']}",
        f"STATUS: {info['status']}",
        f"REVISION: {release['version']}",
        f"DESCRIPTION: {info.get('description', '')}",
    ]
    lines += _resources(info)
    lines += _tests(release.get("hooks") or [])
    if dry_run:
        lines.append("HOOKS:")
        for hook in release.get("hooks") or []:
            lines.append(f"---\n# Source: {hook.get('path', '')}\n{hook.get('manifest', '')}")
        lines.append(f"MANIFEST:\n{release.get('manifest', '')}")
    if notes and info.get("notes"):
        lines.append("NOTES:\n" + info["notes"].strip())
    return "\n".join(lines) + "\n"


def _resources(info: Mapping[str, Any]) -> list[str]:
    shown = info.get("resources_table")
    return [f"RESOURCES:\n{shown}"] if shown else []


def _tests(hooks: Iterable[Mapping[str, Any]]) -> list[str]:
    tests = [hook for hook in hooks if "test" in (hook.get("events") or [])]
    if not tests:
        return ["TEST SUITE: None"]
    lines = []
    for hook in tests:
        run = hook.get("last_run") or {}
        if moment(run.get("started_at", "")) is None:
            continue
        lines += [
            f"TEST SUITE:     {hook['name']}",
            f"Last Started:   {ansic(run['started_at'])}",
            f"Last Completed: {ansic(run.get('completed_at', ''))}",
            f"Phase:          {run.get('phase', '')}",
        ]
    return lines
