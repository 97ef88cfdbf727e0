"""`stat`: all that is known of a file, in its own words or as ``-c`` asks."""

from __future__ import annotations

import re
import stat as modes
from datetime import datetime, tzinfo

from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of
from owlab.pocket.programs.modes import KINDS, shown
from owlab.pocket.programs.options import Complaint, missing_operand, parse

NAMES = {
    "directory": "directory",
    "symlink": "symbolic link",
    "fifo": "fifo",
    "character": "character special file",
    "block": "block special file",
}
LETTER = re.compile(r"%([-0 +#]*)(\d*)(?:\.(\d+))?([A-Za-z%])|\\([nt\\\"])")
BLOCK, UNIT = 4096, 512
DEVICE = 0xFC01
TERSE = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o"


@program("stat", machines="all")
async def stat(call: Call) -> int:
    """What is known of files; ``-c FORMAT``, ``--printf``, ``-L``, ``-t``, ``-f``."""
    options = parse(call, "Lfc:t", "dereference file-system format= printf= terse cached=")
    if not options.words:
        raise missing_operand("stat")
    form = options.value("c", "format")
    printf = options.value("printf")
    status = 0
    for name in options.words:
        try:
            path = call.path(name)
            inode = call.fs.look(path, follow=options.has("L", "dereference"))
        except OSError as error:
            doing = "read file system information for" if options.has("f") else "statx"
            await call.err(f"stat: cannot {doing} '{name}': {error.strerror}\n")
            status = 1
            continue
        if options.has("f", "file-system") and (form or printf or options.has("t", "terse")):
            raise Complaint("stat: file systems of the pocket lab have one form: stat -f FILE\n")
        if options.has("f", "file-system"):
            await call.out(_system(call, name))
        elif options.has("t", "terse"):
            await call.out(_formatted(call, inode, name, TERSE, escapes=False) + "\n")
        elif printf is not None:
            await call.out(_formatted(call, inode, name, printf, escapes=True))
        elif form is not None:
            await call.out(_formatted(call, inode, name, form, escapes=False) + "\n")
        else:
            await call.out(_whole(call, inode, name))
    return status


def _kind(inode: Inode) -> str:
    if inode.kind == "file":
        return "regular file" if inode.size else "regular empty file"
    return NAMES[inode.kind]


def _time(moment: float, zone: tzinfo) -> str:
    nanos, local = int(moment % 1 * 10**9), datetime.fromtimestamp(moment, zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{nanos:09d} {local:%z}"


def _fields(call: Call, inode: Inode, name: str) -> dict[str, str | int]:
    accounts, zone = call.machine.accounts, zone_of(call)
    quoted = f"'{name}'" + (f" -> '{inode.target}'" if inode.kind == "symlink" else "")
    raw = inode.mode | KINDS.get(inode.kind, modes.S_IFREG)
    inner = sum(entry.is_directory for entry in inode.entries.values())
    return {
        "a": f"{inode.mode:o}",
        "A": shown(inode),
        "b": -(-inode.size // BLOCK) * (BLOCK // UNIT) if inode.kind != "symlink" else 0,
        "B": UNIT,
        "d": DEVICE,
        "D": f"{DEVICE:x}",
        "f": f"{raw:x}",
        "F": _kind(inode),
        "g": inode.gid,
        "G": accounts.group_name(inode.gid) if accounts.group(inode.gid) else "UNKNOWN",
        "h": inode.links + 1 + inner if inode.is_directory else inode.links,
        "i": inode.number,
        "m": "/",
        "n": name,
        "N": quoted,
        "o": BLOCK,
        "s": inode.size,
        "t": f"{inode.device[0]:x}",
        "T": f"{inode.device[1]:x}",
        "u": inode.uid,
        "U": accounts.user_name(inode.uid) if accounts.user(inode.uid) else "UNKNOWN",
        "w": _time(inode.changed, zone),
        "W": int(inode.changed),
        "x": _time(inode.modified, zone),
        "X": int(inode.modified),
        "y": _time(inode.modified, zone),
        "Y": int(inode.modified),
        "z": _time(inode.changed, zone),
        "Z": int(inode.changed),
    }


def _formatted(call: Call, inode: Inode, name: str, form: str, *, escapes: bool) -> str:
    fields = _fields(call, inode, name)

    def put(found: re.Match[str]) -> str:
        flags, width, _, letter, escape = found.groups()
        if escape:
            return {"n": "\n", "t": "\t"}.get(escape, escape) if escapes else found[0]
        if letter == "%":
            return "%"
        if letter not in fields:
            return "?"
        text = str(fields[letter])
        if "-" in flags:
            return text.ljust(int(width or 0))
        return text.rjust(int(width or 0), "0" if "0" in flags else " ")

    return LETTER.sub(put, form)


def _whole(call: Call, inode: Inode, name: str) -> str:
    f = _fields(call, inode, name)
    shown_name = name + (f" -> {inode.target}" if inode.kind == "symlink" else "")
    return (
        f"  File: {shown_name}\n"
        f"  Size: {f['s']:<10}\tBlocks: {f['b']:<10} IO Block: {f['o']:<6} {f['F']}\n"
        f"Device: 252,1\tInode: {f['i']:<11} Links: {f['h']}{_type(inode)}\n"
        f"Access: ({inode.mode:04o}/{f['A']})  Uid: ({inode.uid:>5}/{f['U']:>8})   "
        f"Gid: ({inode.gid:>5}/{f['G']:>8})\n"
        f"Access: {f['x']}\nModify: {f['y']}\nChange: {f['z']}\n Birth: {f['w']}\n"
    )


def _type(inode: Inode) -> str:
    """The numbers of a device."""
    major, minor = inode.device
    return f"     Device type: {major},{minor}" if major else ""


def _system(call: Call, name: str) -> str:
    total = call.machine.spec.disk // BLOCK
    return (
        f'  File: "{name}"\n    ID: 0 Namelen: 255     Type: ext2/ext3\n'
        f"Block size: {BLOCK}       Fundamental block size: {BLOCK}\n"
        f"Blocks: Total: {total}\n"
    )
