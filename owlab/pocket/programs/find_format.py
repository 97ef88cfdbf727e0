"""``-printf`` and ``-ls`` of `find`: what is shown of a file."""

from __future__ import annotations

import re
import time

from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.find_run import FindRun, FoundFile
from owlab.pocket.programs.find_tests import LETTERS, base, links
from owlab.pocket.programs.modes import shown

PART = re.compile(r"\\([abfnrtv0\\]|[0-7]{1,3}|.)|%([-0+ #]*)(\d*)(?:\.(\d+))?([ACBT].|[a-zA-Z%])")
ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
SIX_MONTHS = 182 * 86400


def formatted(run: FindRun, one: FoundFile, form: str) -> str:
    """``-printf FORMAT`` for a file."""
    stop = form.find("\\c")
    form = form[:stop] if stop >= 0 else form

    def put(found: re.Match[str]) -> str:
        if (escape := found[1]) is not None:
            if escape.isdigit():
                return chr(int(escape, 8))
            return ESCAPES.get(escape, f"\\{escape}")
        flags, width, most, letter = found[2], found[3], found[4], found[5]
        text = _value(run, one, letter)
        if text is None:
            return found[0]
        text = text[: int(most)] if most is not None else text
        if not width:
            return text
        if "-" in flags:
            return text.ljust(int(width))
        return text.rjust(int(width), "0" if "0" in flags and letter in "dm" else " ")

    return PART.sub(put, form)


def _value(run: FindRun, one: FoundFile, letter: str) -> str | None:
    inode, accounts = one.inode, run.call.machine.accounts
    blocks = _blocks(inode)
    if letter[0] in "ACBT" and len(letter) == 2:
        return _moment(inode.modified if letter[0] in "AT" else _changed(inode), letter[1])
    kind = LETTERS[inode.kind]
    values = {
        "%": "%",
        "p": one.name,
        "f": base(one),
        "h": one.name.rpartition("/")[0] or ("." if "/" not in one.name else "/"),
        "P": one.name[len(one.start) :].lstrip("/"),
        "H": one.start,
        "d": str(one.depth),
        "s": str(inode.size),
        "k": str(blocks),
        "b": str(blocks * 2),
        "m": f"{inode.mode & 0o7777:o}",
        "M": shown(inode),
        "u": accounts.user_name(inode.uid),
        "U": str(inode.uid),
        "g": accounts.group_name(inode.gid),
        "G": str(inode.gid),
        "i": str(inode.number),
        "n": str(links(one)),
        "l": inode.target if inode.kind == "symlink" else "",
        "y": kind,
        "Y": _end_kind(run, one) if kind == "l" else kind,
        "F": run.system_of(one.path),
        "D": str(0xFC01),
        "t": _ctime(inode.modified),
        "a": _ctime(inode.modified),
        "c": _ctime(_changed(inode)),
        "S": "1" if inode.size else "0",
        "Z": "",
    }
    return values.get(letter)


def _end_kind(run: FindRun, one: FoundFile) -> str:
    try:
        return LETTERS[run.call.fs.look(one.path).kind]
    except OSError:
        return "N"


def _changed(inode: Inode) -> float:
    return inode.changed or inode.modified


def _blocks(inode: Inode) -> int:
    return 0 if inode.kind == "symlink" else 4 * -(-inode.size // 4096)


def _fraction(moment: float) -> str:
    return f"{int(moment % 1 * 10**9):09d}0"


def _ctime(moment: float) -> str:
    at = time.gmtime(moment)
    return time.strftime("%a %b %e %H:%M:%S.", at) + _fraction(moment) + time.strftime(" %Y", at)


def _moment(moment: float, letter: str) -> str:
    at = time.gmtime(moment)
    if letter == "@":
        return f"{int(moment)}.{_fraction(moment)}"
    if letter in "STX":
        return time.strftime("%S" if letter == "S" else "%H:%M:%S", at) + f".{_fraction(moment)}"
    if letter == "+":
        return time.strftime("%Y-%m-%d+%H:%M:%S", at) + f".{_fraction(moment)}"
    return time.strftime(f"%{letter}", at)


def listed(run: FindRun, one: FoundFile, _form: str) -> str:
    """``-ls``: as `ls -dils` shows it."""
    inode, accounts = one.inode, run.call.machine.accounts
    recent = 0 <= run.now - inode.modified < SIX_MONTHS
    when = time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", time.gmtime(inode.modified))
    size = "{}, {:>3}".format(*inode.device) if inode.device[0] else str(inode.size)
    target = f" -> {inode.target}" if inode.kind == "symlink" else ""
    return (
        f"{inode.number:>9} {_blocks(inode):>6} {shown(inode)} {links(one):>3} "
        f"{accounts.user_name(inode.uid):<8} {accounts.group_name(inode.gid):<8} "
        f"{size:>8} {when} {one.name}{target}\n"
    )
