"""`useradd`, `adduser`, `usermod`, `groupadd` and their like: they write the account files."""

from __future__ import annotations

import posixpath
import re

from owlab.pocket.machines.accounts import GROUP, PASSWD, SHADOW
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse

NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
FIRST = 1001


def _root(call: Call) -> None:
    if not call.root:
        what = "/etc/passwd" if "user" in call.name else "/etc/group"
        raise Complaint(
            f"{call.name}: Permission denied.\n{call.name}: cannot lock {what}; try again later.\n"
        )


def _lines(call: Call, path: str) -> list[str]:
    return (call.read(path) or b"").decode(errors="replace").splitlines()


def _write(call: Call, path: str, lines: list[str]) -> None:
    call.fs.write_file(path, "".join(f"{line}\n" for line in lines).encode())


def _free(taken: set[int], system: bool) -> int:
    """The next number; those of the system's own count down from 999."""
    numbers = range(999, 99, -1) if system else range(FIRST, 60000)
    return next(number for number in numbers if number not in taken)


@program("groupadd", "addgroup")
async def groupadd(call: Call) -> int:
    """Add a group; ``-g NUMBER``."""
    options = parse(call, "g:fr", "gid= force system")
    _root(call)
    if len(options.words) != 1:
        raise Complaint(f"Usage: {call.name} [options] GROUP\n", 2)
    name, accounts = options.words[0], call.machine.accounts
    if accounts.group(name) is not None:
        if options.has("f", "force"):
            return 0
        raise Complaint(f"{call.name}: group '{name}' already exists\n", 9)
    if not NAME.fullmatch(name):
        raise Complaint(f"{call.name}: '{name}' is not a valid group name\n", 3)
    given = options.value("g", "gid")
    system = options.has("r", "system")
    gid = int(given) if given else _free({group.gid for group in accounts.groups()}, system)
    _write(call, GROUP, [*_lines(call, GROUP), f"{name}:x:{gid}:"])
    return 0


@program("groupdel", "delgroup")
async def groupdel(call: Call) -> int:
    """Remove a group."""
    options = parse(call, "f")
    _root(call)
    for name in options.words:
        if call.machine.accounts.group(name) is None:
            raise Complaint(f"groupdel: group '{name}' does not exist\n", 6)
        _write(call, GROUP, [row for row in _lines(call, GROUP) if not row.startswith(f"{name}:")])
    return 0


@program("useradd", "adduser")
async def useradd(call: Call) -> int:
    """Add a user with a group of the same name; ``-m``, ``-s SHELL``, ``-G GROUPS``, ``-u UID``."""
    options = parse(
        call,
        "mMrNUs:G:g:u:d:c:",
        "create-home shell= groups= gid= uid= home= home-dir= comment= system no-user-group "
        "user-group disabled-password gecos= ingroup= no-create-home quiet",
    )
    _root(call)
    if not options.words:
        raise Complaint(f"Usage: {call.name} [options] LOGIN\n", 2)
    name, accounts = options.words[0], call.machine.accounts
    if call.name == "adduser" and len(options.words) == 2:
        return await _join(call, name, [options.words[1]])
    if accounts.user(name) is not None:
        raise Complaint(f"{call.name}: user '{name}' already exists\n", 9)
    if not NAME.fullmatch(name):
        hint = ": use --badname to ignore" if call.name == "useradd" else ""
        raise Complaint(f"{call.name}: invalid user name '{name}'{hint}\n", 3)
    given = options.value("u", "uid")
    system = options.has("r", "system")
    uid = int(given) if given else _free({user.uid for user in accounts.users()}, system)
    own = options.value("g", "gid", "ingroup")
    own = "users" if own is None and options.has("N", "no-user-group") else own
    if own is not None:
        group = accounts.group(int(own) if own.isdigit() else own)
        if group is None:
            raise Complaint(f"{call.name}: group '{own}' does not exist\n", 6)
        gid = group.gid
    else:
        gid = uid
        _write(call, GROUP, [*_lines(call, GROUP), f"{name}:x:{gid}:"])
    home = options.value("d", "home", "home-dir") or f"/home/{name}"
    shell = options.value("s", "shell") or ("/bin/bash" if call.name == "adduser" else "/bin/sh")
    comment = options.value("c", "comment", "gecos") or ""
    row = f"{name}:x:{uid}:{gid}:{comment}:{home}:{shell}"
    _write(call, PASSWD, [*_lines(call, PASSWD), row])
    _write(call, SHADOW, [*_lines(call, SHADOW), f"{name}:!:19999:0:99999:7:::"])
    asked = call.name == "adduser" or options.has("m", "create-home")
    makes = asked and not options.has("M", "no-create-home")
    if makes:
        call.fs.mkdir(home, recursive=True)
        call.fs.chmod(home, 0o750)
        call.fs.chown(home, uid, gid)
    if call.name == "adduser" and not options.has("quiet"):
        await call.out(
            f"info: Adding user `{name}' ...\ninfo: Adding new user `{name}' ({uid}) with group "
            f"`{name} ({gid})' ...\n"
        )
        made = f"info: Creating home directory `{home}' ...\n"
        await call.out(made if makes else f"info: Not creating home directory `{home}'.\n")
    groups = (options.value("G", "groups") or "").split(",")
    return await _join(call, name, [group for group in groups if group])


async def _join(call: Call, name: str, groups: list[str]) -> int:
    for group in groups:
        if call.machine.accounts.group(group) is None:
            raise Complaint(f"{call.name}: group '{group}' does not exist\n", 6)
        rows = []
        for row in _lines(call, GROUP):
            first, *_, members = row.split(":")
            if first == group and name not in members.split(","):
                row += f",{name}" if members else name
            rows.append(row)
        _write(call, GROUP, rows)
    return 0


def _leave(call: Call, name: str, groups: list[str]) -> None:
    """Take a user out of these groups."""
    rows = []
    for row in _lines(call, GROUP):
        first, password, gid, members = row.split(":")
        if first in groups:
            members = ",".join(member for member in members.split(",") if member != name)
        rows.append(":".join((first, password, gid, members)))
    _write(call, GROUP, rows)


@program("gpasswd")
async def gpasswd(call: Call) -> int:
    """``-a USER GROUP`` and ``-d USER GROUP``: into a group, and out of it."""
    options = parse(call, "a:d:M:A:rR", "add= delete= members= administrators=")
    _root(call)
    group = options.words[0] if options.words else ""
    if call.machine.accounts.group(group) is None:
        raise Complaint(f"gpasswd: group '{group}' does not exist in /etc/group\n", 3)
    for adds, names in ((True, ("a", "add")), (False, ("d", "delete"))):
        if (name := options.value(*names)) is None:
            continue
        if call.machine.accounts.user(name) is None:
            raise Complaint(f"gpasswd: user '{name}' does not exist\n", 3)
        if adds:
            await call.out(f"Adding user {name} to group {group}\n")
            return await _join(call, name, [group])
        return await _removed(call, name, group)
    raise Complaint("gpasswd: groups of the pocket lab have no passwords: -a or -d USER\n")


async def _removed(call: Call, name: str, group: str) -> int:
    known = call.machine.accounts.group(group)
    if known is None or name not in known.members:
        if call.name == "deluser":
            raise Complaint(f"fatal: The user `{name}' is not a member of group `{group}'.\n", 6)
        raise Complaint(f"gpasswd: user '{name}' is not a member of '{group}'\n", 3)
    if call.name == "gpasswd":
        await call.out(f"Removing user {name} from group {group}\n")
    else:
        await call.out(f"info: Removing user `{name}' from group `{group}' ...\n")
    _leave(call, name, [group])
    return 0


@program("usermod")
async def usermod(call: Call) -> int:
    """Change a user: ``-aG GROUPS``, ``-s SHELL``, ``-d HOME``."""
    options = parse(
        call, "aG:s:d:LUc:g:u:", "append groups= shell= home= lock unlock comment= gid= uid="
    )
    _root(call)
    own = options.value("g", "gid")
    group = call.machine.accounts.group(int(own) if own.isdigit() else own) if own else None
    if own and group is None:
        raise Complaint(f"usermod: group '{own}' does not exist\n", 6)
    words = list(options.words)
    if len(words) != 1:
        raise Complaint(f"Usage: {call.name} [options] LOGIN\n", 2)
    name = words[0]
    if call.machine.accounts.user(name) is None:
        raise Complaint(f"usermod: user '{name}' does not exist\n", 6)
    rows = []
    for row in _lines(call, PASSWD):
        cells = row.split(":")
        if cells[0] == name:
            cells[6] = options.value("s", "shell") or cells[6]
            cells[5] = options.value("d", "home") or cells[5]
            cells[4] = cells[4] if (said := options.value("c", "comment")) is None else said
            cells[3] = str(group.gid) if group is not None else cells[3]
            cells[2] = options.value("u", "uid") or cells[2]
        rows.append(":".join(cells))
    _write(call, PASSWD, rows)
    _lock(call, name, options)
    groups = options.value("G", "groups")
    if groups is not None and not options.has("a", "append"):
        _leave(call, name, [group.name for group in call.machine.accounts.groups()])
    return await _join(call, name, [group for group in (groups or "").split(",") if group])


def _lock(call: Call, name: str, options: Options) -> None:
    """``-L`` and ``-U``: the mark before what would be a password."""
    rows = []
    for row in _lines(call, SHADOW):
        first, kept, *rest = row.split(":")
        if first == name and options.has("L", "lock") and not kept.startswith("!"):
            kept = f"!{kept}"
        if first == name and options.has("U", "unlock"):
            kept = kept.removeprefix("!") or kept
        rows.append(":".join((first, kept, *rest)))
    _write(call, SHADOW, rows)


@program("userdel", "deluser")
async def userdel(call: Call) -> int:
    """Remove a user; ``-r`` with their home."""
    options = parse(call, "rf", "remove remove-home quiet")
    _root(call)
    if call.name == "deluser" and len(options.words) == 2:
        return await _removed(call, *options.words)
    for name in options.words[:1]:
        user = call.machine.accounts.user(name)
        if user is None:
            raise Complaint(f"userdel: user '{name}' does not exist\n", 6)
        for path in (PASSWD, SHADOW, GROUP):
            rows = [row for row in _lines(call, path) if not row.startswith(f"{name}:")]
            _write(call, path, rows)
        if options.has("r", "remove", "remove-home") and posixpath.dirname(user.home) == "/home":
            call.fs.remove(user.home, recursive=True)
    return 0
