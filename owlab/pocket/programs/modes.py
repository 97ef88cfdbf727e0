"""Modes of files: ``rwxr-xr-x``, ``755`` and ``u+x,go-w``."""

from __future__ import annotations

import re
import stat

from owlab.pocket.machines.inode import Inode

KINDS = {
    "directory": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "fifo": stat.S_IFIFO,
    "character": stat.S_IFCHR,
    "block": stat.S_IFBLK,
}
CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007}
BITS = {"r": 0o444, "w": 0o222, "x": 0o111}


def shown(inode: Inode) -> str:
    """As `ls -l` shows type and mode."""
    return stat.filemode(KINDS.get(inode.kind, stat.S_IFREG) | inode.mode)


def changed(mode: int, text: str, *, directory: bool, umask: int) -> int | None:
    """The mode after a change in `chmod`'s language; None where it is no such thing."""
    if re.fullmatch(r"[0-7]{1,5}", text):
        number = int(text, 8)
        # A number of up to four digits leaves a directory's set-user and set-group bits alone.
        kept = mode & 0o6000 if directory and len(text) < 5 else 0
        return number & 0o7777 | kept
    for clause in text.split(","):
        found = CLAUSE.fullmatch(clause)
        if found is None:
            return None
        who, actions = found[1], found[2]
        for sign, letters in ACTION.findall(actions):
            mode = _applied(mode, who, sign, letters, directory=directory, umask=umask)
    return mode


def _applied(mode: int, who: str, sign: str, letters: str, *, directory: bool, umask: int) -> int:
    mask = 0
    for letter in who.replace("a", "ugo") or "ugo":
        mask |= WHO[letter]
    bits = 0
    if letters and letters in "ugo":
        source = mode >> {"u": 6, "g": 3, "o": 0}[letters] & 7
        bits = source * 0o111
    for letter in letters if letters not in ("u", "g", "o") else "":
        bits |= BITS.get(letter, 0)
        if letter == "X" and (directory or mode & 0o111):
            bits |= 0o111
        bits |= 0o6000 if letter == "s" else 0o1000 if letter == "t" else 0
    bits &= mask if who else mask & ~umask
    if sign == "+":
        return mode | bits
    if sign == "-":
        return mode & ~bits
    # A directory keeps what only a number of five digits or a letter takes away.
    cleared = mask & (0o777 if directory else 0o7777)
    return mode & ~cleared | bits
