"""`id`, `whoami`, `groups` and `su`: who one is, by the machine's accounts."""

from __future__ import annotations

from owlab.pocket.machines.accounts import Group, PasswdEntry
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse


@program("whoami", "logname", machines="all")
async def whoami(call: Call) -> int:
    """The user's name."""
    if parse(call, "").words:
        raise Complaint(
            f"{call.name}: extra operand ‘{call.argv[0]}’\n"
            f"Try '{call.name} --help' for more information.\n"
        )
    await call.out(f"{call.user}\n")
    return 0


@program("id", machines="all")
async def id_(call: Call) -> int:
    """User and groups with their numbers: ``-u``, ``-g``, ``-G``, with ``-n`` by name."""
    options = parse(call, "ugGnraZz", "user group groups name real zero context")
    if options.has("Z", "context"):
        raise Complaint("id: --context (-Z) works only on an SELinux-enabled kernel\n")
    by_name = options.has("n", "name")
    chosen = [
        k for k in ("u", "g", "G") if options.has(k, {"u": "user", "g": "group", "G": "groups"}[k])
    ]
    if len(chosen) > 1:
        raise Complaint('id: cannot print "only" of more than one choice\n')
    if not chosen and (by_name or options.has("r", "real")):
        raise Complaint("id: cannot print only names or real IDs in default format\n")
    zero = options.has("z", "zero")
    if not chosen and zero:
        raise Complaint("id: option --zero not permitted in default format\n")
    between, end = ("\0", "\0") if zero else (" ", "\n")
    # With several users the groups of one end with another NUL.
    end += end if zero and chosen == ["G"] and len(options.words) > 1 else ""
    accounts, status = call.machine.accounts, 0
    for name in options.words or (call.user,):
        user = accounts.user(int(name)) if name.isdigit() else accounts.user(name)
        if user is None:
            await call.err(f"id: ‘{name}’: no such user\n")
            status = 1
            continue
        groups = accounts.groups_of(user)
        if chosen == ["u"]:
            shown = [user.name if by_name else str(user.uid)]
        elif chosen == ["G"]:
            shown = [group.name if by_name else str(group.gid) for group in groups]
        else:
            shown = [groups[0].name if by_name else str(user.gid)]
        await call.out(between.join(shown) + end if chosen else _whole(user, groups))
    return status


def _whole(user: PasswdEntry, groups: list[Group]) -> str:
    listed = ",".join(f"{g.gid}({g.name})" for g in groups)
    return f"uid={user.uid}({user.name}) gid={user.gid}({groups[0].name}) groups={listed}\n"


@program("groups", machines="all")
async def groups(call: Call) -> int:
    """The names of the groups that one is in."""
    options = parse(call, "")
    accounts, status = call.machine.accounts, 0
    for name in options.words or (call.user,):
        user = accounts.user(name)
        if user is None:
            await call.err(f"groups: ‘{name}’: no such user\n")
            status = 1
            continue
        names = " ".join(group.name for group in accounts.groups_of(user))
        await call.out(f"{name} : {names}\n" if options.words else f"{names}\n")
    return status
