"""`ls -l`, with owners: bashkit's shows none, and who owns an export matters in the course."""

from __future__ import annotations

import posixpath
import time
from typing import Any

from owlab.pocket.programs.base import Call, program

FUNCTIONS = (
    'ls() { local w; for w in "$@"; do case $w in --*|[!-]*) ;; -*l*) __owlab_ls "$@"; return;; '
    'esac; done; [ "$OWLAB_UID" = 0 ] || [ $# = 0 ] || __owlab_may ls "$@" </dev/null || '
    'return $?; builtin command ls "$@"; }; '
)
"""Shell text that each shell of a machine starts with."""

SIX_MONTHS = 182 * 24 * 3600


@program("__owlab_ls", machines="all")
async def ls(call: Call) -> int:
    """``ls`` with ``-l`` and any of ``-a -A -d -h -t -r -R -S -1 -n -i``."""
    flags = "".join(w[1:] for w in call.argv if w.startswith("-") and not w.startswith("--"))
    names = [word for word in call.argv if not word.startswith("-")] or ["."]
    status, folders, files = 0, [], []
    for name in names:
        path = call.path(name)
        try:
            info = call.fs.stat(path)
        except RuntimeError:
            await call.err(f"ls: cannot access '{name}': No such file or directory\n")
            status = 2
            continue
        if info["file_type"] == "symlink" and "d" not in flags:
            target = posixpath.join(posixpath.dirname(path), call.fs.read_link(path))
            if call.fs.exists(target) and call.fs.stat(target)["file_type"] == "directory":
                path, info = target, call.fs.stat(target)
        if not call.machine.readable(path, call.user):
            await call.err(f"ls: cannot open directory '{name}': Permission denied\n")
            status = 2
        elif info["file_type"] == "directory" and "d" not in flags:
            folders.append((name, path))
        else:
            files.append((name, path, info))
    if files:
        await call.out(_rows(call, files, flags))
    for index, (name, path) in enumerate(folders):
        if files or index:
            await call.out("\n")
        if len(names) > 1:
            await call.out(f"{name}:\n")
        await _folder(call, path, flags)
    return status


async def _folder(call: Call, path: str, flags: str) -> None:
    entries = [
        (str(entry["name"]), posixpath.join(path, str(entry["name"])), entry["metadata"])
        for entry in call.fs.read_dir(path)
        if "a" in flags or "A" in flags or not str(entry["name"]).startswith(".")
    ]
    entries.sort(key=lambda entry: entry[0].lstrip(".").lower())
    if "t" in flags:
        entries.sort(key=lambda entry: -float(entry[2]["modified"]))
    elif "S" in flags:
        entries.sort(key=lambda entry: -int(entry[2]["size"]))
    if "r" in flags:
        entries.reverse()
    if "a" in flags:
        above = posixpath.dirname(path)
        dots = [(".", path, call.fs.stat(path)), ("..", above, call.fs.stat(above))]
        entries = [*dots, *entries]
    blocks = sum(4 * (1 + int(info["size"]) // 4096) for _, _, info in entries)
    await call.out(f"total {blocks}\n" + _rows(call, entries, flags))
    if "R" in flags:
        for name, inner, info in entries:
            if info["file_type"] == "directory" and name not in (".", ".."):
                await call.out(f"\n{inner}:\n")
                await _folder(call, inner, flags)


def _rows(call: Call, entries: list[tuple[str, str, dict[str, Any]]], flags: str) -> str:
    rows = []
    for name, path, info in entries:
        user, _, group = call.machine.owner(path).partition(":")
        kind = str(info["file_type"])
        size = 4096 if kind == "directory" else int(info["size"])
        shown = f"{size / 1024:.1f}K" if "h" in flags and size >= 1024 else str(size)
        if kind == "symlink":
            name = f"{name} -> {call.fs.read_link(path)}"
        links = "2" if kind == "directory" else "1"
        rows.append((_mode(kind, int(info["mode"])), links, user, group, shown, _when(info), name))
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(5)]
    lines = []
    for mode, links, user, group, size_text, when, name in rows:
        lines.append(
            f"{mode} {links:>{widths[1]}} {user:<{widths[2]}} {group:<{widths[3]}} "
            f"{size_text:>{widths[4]}} {when} {name}\n"
        )
    return "".join(lines)


def _mode(kind: str, mode: int) -> str:
    first = {"directory": "d", "symlink": "l"}.get(kind, "-")
    bits = "".join(
        letter if mode >> (8 - index) & 1 else "-" for index, letter in enumerate("rwxrwxrwx")
    )
    if mode & 0o1000:
        bits = bits[:-1] + ("t" if bits[-1] == "x" else "T")
    return first + bits


def _when(info: dict[str, Any]) -> str:
    moment = float(info["modified"])
    form = "%b %e %H:%M" if abs(time.time() - moment) < SIX_MONTHS else "%b %e  %Y"
    return time.strftime(form, time.gmtime(moment))
