"""`crontab`: a user's table of commands."""

from __future__ import annotations

import posixpath

from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.consent import agreed
from owlab.pocket.programs.editors import chosen, edited_text
from owlab.pocket.programs.options import Complaint, parse

TABS = "/var/spool/cron/crontabs"
EMPTY_TABLE = b"# m h  dom mon dow   command\n"


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
        question = f"crontab: really delete {user}'s crontab? (y/n) "
        if options.has("i") and not await agreed(call, question):
            return 0
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
