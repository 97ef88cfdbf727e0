"""`dmesg`, `crontab`, `man`: what a server is asked now and then."""

from __future__ import annotations

import posixpath
import time

from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.programs.base import Call, load_programs, program
from owlab.pocket.programs.boundary import help_of
from owlab.pocket.programs.editors import chosen, edited_text
from owlab.pocket.programs.options import Complaint, parse
from owlab.pocket.programs.pager import in_pages

TABS = "/var/spool/cron/crontabs"
EMPTY_TABLE = b"# m h  dom mon dow   command\n"


@program("blkid")
async def blkid(call: Call) -> int:
    """The disk's label."""
    await call.out('/dev/vda1: LABEL="cloudimg-rootfs" TYPE="ext4" PARTUUID="pocket-01"\n')
    return 0


@program("lsmod")
async def lsmod(call: Call) -> int:
    """No modules: there is no kernel to load them."""
    await call.out("Module                  Size  Used by\n")
    return 0


@program("dmesg")
async def dmesg(call: Call) -> int:
    """The one thing that happened: the machine came up."""
    if not call.root:
        raise Complaint("dmesg: read kernel buffer failed: Operation not permitted\n")
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(call.machine.booted))
    await call.out(
        "[    0.000000] Linux version 6.8.0-31-generic-pocket (a pocket lab: no kernel)\n"
        f"[    0.000001] {call.machine.name} came up at {when} UTC\n"
    )
    return 0


@program("crontab", machines="all")
async def crontab(call: Call) -> int:
    """Keep a table (``-l``, ``-r``, FILE, ``-``); the pocket lab runs none of it, and says so."""
    options = parse(call, "lreiu:")
    user = options.value("u") or call.user
    if user != call.user and not call.root:
        raise Complaint("must be privileged to use -u\n")
    path, files = posixpath.join(TABS, user), call.machine.files
    if options.has("l"):
        content = call.machine.read(path)
        if content is None:
            raise Complaint(f"no crontab for {user}\n")
        await call.out(content)
        return 0
    if options.has("r"):
        if not files.exists(path):
            raise Complaint(f"no crontab for {user}\n")
        files.remove(path)
        return 0
    if options.has("e"):
        return await _table_edited(call, path, user)
    name = options.words[0] if options.words else "-"
    content = await call.stdin() if name == "-" else call.read(call.path(name))
    if content is None:
        raise Complaint(f"{name}: No such file or directory\n")
    call.machine.write(path, content, 0o600, user)
    await call.err("crontab: kept; the pocket lab does not run what is in it\n")
    return 0


async def _table_edited(call: Call, path: str, user: str) -> int:
    if not isinstance(call.reader, KeyboardReader):
        raise Complaint("crontab: no editor here: crontab FILE, or `crontab -` with it as input\n")
    known = call.machine.read(path)
    before = (known if known is not None else EMPTY_TABLE).decode(errors="replace")
    if known is None:
        await call.err(f"no crontab for {user} - using an empty one\n")
    after = await edited_text(call, before, program=chosen(call), shown="/tmp/crontab")
    if after is None or after == before:
        await call.err("No modification made\n" if known is not None else "")
        return 0
    call.machine.write(path, after.encode(), 0o600, user)
    await call.err("crontab: installing new crontab\n")
    await call.err("crontab: kept; the pocket lab does not run what is in it\n")
    return 0


@program("man", machines="all", own_help=True)
async def man(call: Call) -> int:
    """A short page of each of the lab's own programs."""
    words = [word for word in call.argv if not word.startswith("-") and not word.isdigit()]
    if not words:
        raise Complaint("What manual page do you want?\nFor example, try 'man man'.\n")
    entry = load_programs().get(words[0])
    if entry is None or not entry.on(call.machine):
        raise Complaint(f"No manual entry for {words[0]}\n", 16)
    _, _, text = help_of(words[0], entry).partition("\n")
    indented = "".join(f"       {line}\n" for line in text.strip().splitlines() if line)
    title = f"{words[0].upper()}(1)"
    page = (
        f"{title:<28}User Commands{title:>28}\n\nNAME\n       {words[0]}\n\nDESCRIPTION\n{indented}"
    )
    await in_pages(call, page, f" Manual page {words[0]}(1) line 1 (press h for help or q to quit)")
    return 0
