"""`useradd`, `adduser`, `usermod`, `groupadd` and their like: they write the account files."""

from __future__ import annotations

from owlab.pocket.machines.account_files import NAME, NUMBERS, SYSTEM_NUMBERS, AccountFiles
from owlab.pocket.machines.accounts import PasswdEntry
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse


def _root(call: Call) -> None:
    if not call.root:
        what = "/etc/passwd" if "user" in call.name else "/etc/group"
        raise Complaint(
            f"{call.name}: Permission denied.\n{call.name}: cannot lock {what}; try again later.\n"
        )


def _number(call: Call, text: str | None, what: str) -> int | None:
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    raise Complaint(f"{call.name}: invalid {what} ID '{text}'\n", 3)


def _files(call: Call) -> AccountFiles:
    return AccountFiles(call.fs)


@program("groupadd", "addgroup")
async def groupadd(call: Call) -> int:
    """Add a group; ``-g NUMBER``."""
    options = parse(call, "g:fro", "gid= force system non-unique")
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
    gid = _number(call, options.value("g", "gid"), "group")
    if gid is not None and accounts.group(gid) is not None and not options.has("o", "non-unique"):
        if options.has("f", "force"):
            gid = None
        else:
            raise Complaint(f"{call.name}: GID '{gid}' already exists\n", 4)
    _files(call).add_group(name, gid, system=options.has("r", "system"))
    return 0


@program("groupdel", "delgroup")
async def groupdel(call: Call) -> int:
    """Remove a group."""
    options, accounts = parse(call, "f", "force"), call.machine.accounts
    _root(call)
    for name in options.words:
        group = accounts.group(name)
        if group is None:
            raise Complaint(f"groupdel: group '{name}' does not exist\n", 6)
        own = next((user.name for user in accounts.users() if user.gid == group.gid), None)
        if own is not None and not options.has("f", "force"):
            raise Complaint(f"groupdel: cannot remove the primary group of user '{own}'\n", 8)
        _files(call).remove_group(name)
    return 0


@program("useradd", "adduser")
async def useradd(call: Call) -> int:
    """Add a user with a group of the same name; ``-m``, ``-s SHELL``, ``-G GROUPS``, ``-u UID``."""
    options = parse(
        call,
        "mMrNUos:G:g:u:d:c:",
        "create-home shell= groups= gid= uid= home= home-dir= comment= system no-user-group "
        "user-group disabled-password gecos= ingroup= no-create-home quiet non-unique",
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
    uid = _number(call, options.value("u", "uid"), "user")
    if uid is not None and accounts.user(uid) and not options.has("o", "non-unique"):
        if call.name == "adduser":
            raise Complaint(f"adduser: The UID {uid} is already in use.\n", 1)
        raise Complaint(f"{call.name}: UID {uid} is not unique\n", 4)
    if call.name == "adduser" and uid is None and not options.has("system"):
        uid = _files(call).first_free
    own = options.value("g", "gid", "ingroup")
    own = "users" if own is None and options.has("N", "no-user-group") else own
    group = accounts.group(int(own) if own.isdigit() else own) if own is not None else None
    if own is not None and group is None:
        raise Complaint(f"{call.name}: group '{own}' does not exist\n", 6)
    user = _files(call).add_user(
        name,
        uid=uid,
        gid=group.gid if group is not None else None,
        system=options.has("r", "system"),
        about=options.value("c", "comment", "gecos") or "",
        home=options.value("d", "home", "home-dir") or f"/home/{name}",
        shell=options.value("s", "shell") or ("/bin/bash" if call.name == "adduser" else "/bin/sh"),
    )
    if call.name == "useradd" and uid is not None:
        await _warn_of_range(call, user, options.has("r", "system"))
    asked = call.name == "adduser" or options.has("m", "create-home")
    makes = asked and not options.has("M", "no-create-home")
    if makes:
        _files(call).make_home(user)
    if call.name == "adduser" and not options.has("quiet"):
        await call.out(
            f"info: Adding user `{name}' ...\n"
            f"info: Adding new user `{name}' ({user.uid}) with group `{name} ({user.gid})' ...\n"
        )
        made = f"info: Creating home directory `{user.home}' ...\n"
        await call.out(made if makes else f"info: Not creating home directory `{user.home}'.\n")
    groups = (options.value("G", "groups") or "").split(",")
    return await _join(call, name, [group for group in groups if group])


async def _warn_of_range(call: Call, user: PasswdEntry, system: bool) -> None:
    whose = f"useradd warning: {user.name}'s uid {user.uid}"
    if system and user.uid > SYSTEM_NUMBERS[-1]:
        await call.err(f"{whose} is greater than SYS_UID_MAX {SYSTEM_NUMBERS[-1]}\n")
    elif not system and user.uid not in NUMBERS:
        limits = f"UID_MIN {NUMBERS[0]} and UID_MAX {NUMBERS[-1]}"
        await call.err(f"{whose} outside of the {limits} range.\n")


async def _join(call: Call, name: str, groups: list[str]) -> int:
    for group in groups:
        if call.machine.accounts.group(group) is None:
            raise Complaint(f"{call.name}: group '{group}' does not exist\n", 6)
        _files(call).join(name, group)
    return 0


@program("gpasswd")
async def gpasswd(call: Call) -> int:
    """``-a USER GROUP`` and ``-d USER GROUP``: into a group, and out of it."""
    options = parse(
        call,
        "a:d:M:A:rR",
        "add= delete= members= administrators= remove-password restrict",
        absent="M members A administrators r remove-password R restrict",
    )
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
    _files(call).leave(name, [group])
    return 0


@program("usermod")
async def usermod(call: Call) -> int:
    """Change a user: ``-aG GROUPS``, ``-s SHELL``, ``-d HOME``."""
    options = parse(
        call,
        "aoG:s:d:LUc:g:u:",
        "append groups= shell= home= lock unlock comment= gid= uid= non-unique",
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
    user = call.machine.accounts.user(name)
    if user is None:
        raise Complaint(f"usermod: user '{name}' does not exist\n", 6)
    uid, files = _number(call, options.value("u", "uid"), "user"), _files(call)
    taken = uid not in (None, user.uid) and call.machine.accounts.user(uid or 0) is not None
    if taken and not options.has("o", "non-unique"):
        raise Complaint(f"usermod: UID '{uid}' already exists\n", 4)
    fields = {
        "uid": uid,
        "gid": group.gid if group is not None else None,
        "about": options.value("c", "comment"),
        "home": options.value("d", "home") or None,
        "shell": options.value("s", "shell") or None,
    }
    changed = {
        key: str(new) for key, new in fields.items() if new not in (None, getattr(user, key))
    }
    if not changed and not options.has("L", "lock", "U", "unlock", "G", "groups"):
        await call.err("usermod: no changes\n")
    files.change_user(name, **changed)
    if options.has("L", "lock"):
        files.lock(name)
    if options.has("U", "unlock"):
        files.unlock(name)
    groups = options.value("G", "groups")
    if groups is not None and not options.has("a", "append"):
        files.leave(name, [group.name for group in call.machine.accounts.groups()])
    return await _join(call, name, [group for group in (groups or "").split(",") if group])


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
        _files(call).remove_user(user, home=options.has("r", "remove", "remove-home"))
    return 0
