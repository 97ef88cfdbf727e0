"""sudo: the words, run by a shell of another user."""

from __future__ import annotations

import copy
import re
import shlex
from dataclasses import replace

from owlab.pocket.machines.accounts import PasswdEntry
from owlab.pocket.programs.base import Call, RegisteredProgram, load_programs, program
from owlab.pocket.programs.boundary import carried_out
from owlab.pocket.programs.catalog import present

USAGE = (
    "usage: sudo -h | -K | -k | -V\n"
    "usage: sudo [-HEinS] [-u user] [VAR=value] [command [arg ...]]\n"
)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
FLAGS = set("AbEHnPSikKs")


ALONE = frozenset({"kubectl", "helm", "k3s", "systemctl", "exportfs"})
"""What asks nothing of the shell around it, and needs none: a shell takes longer than they do."""


def _alone(call: Call, words: list[str]) -> RegisteredProgram | None:
    """The program, if it can run without a shell of its own."""
    if not words or words[0] not in ALONE:
        return None
    entry = load_programs()[words[0]]
    return entry if present(call.machine, words[0], entry) else None


def _as_another(call: Call, words: list[str], user: str, home: str, env: dict[str, str]) -> Call:
    """The same streams and directory, with the rights of another user."""
    files = copy.copy(call.machine.files_of(user, call.fs.umask))
    files.descriptors, files.pipes = call.fs.descriptors, call.fs.pipes
    given = {"HOME": home, "USER": user, "LOGNAME": user, "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
    return replace(
        call,
        name=words[0],
        argv=words[1:],
        env={**given, **env},
        fs=files,
        root=files.who.is_root,
        user=user,
        terminal=False,
    )


@program("sudo", machines="all")
async def sudo(call: Call) -> int:
    """Run a command as root, or with ``-u`` as someone else."""
    words = list(call.argv)
    user, keep, login = "root", False, False
    while words and words[0].startswith("-") and words[0] != "--":
        option = words.pop(0)
        if option in ("-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D", "--chdir"):
            if not words:
                await call.err(f"sudo: option requires an argument -- '{option.lstrip('-')}'\n")
                return 1
            value = words.pop(0)
            user = value.lstrip("#") if option in ("-u", "--user") else user
        elif option.startswith("--user="):
            user = option.partition("=")[2]
        elif option in ("--preserve-env", "--login", "--non-interactive", "--set-home", "--stdin"):
            keep, login = keep or option == "--preserve-env", login or option == "--login"
        elif option.startswith("-u"):
            user = option[2:]
        elif set(option[1:]) <= FLAGS:
            keep, login = keep or "E" in option, login or "i" in option or "s" in option
        else:
            await call.err(f"sudo: unrecognized option '{option}'\n{USAGE}")
            return 1
    if words[:1] == ["--"]:
        words.pop(0)
    env = dict(call.env) if keep else {k: v for k, v in call.env.items() if k in ("TERM", "LANG")}
    for name in ("HOME", "USER", "LOGNAME", "PWD"):
        env.pop(name, None)
    while words and ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    accounts = call.machine.accounts
    account = accounts.user(int(user)) if user.isdigit() else accounts.user(user)
    if account is None:
        await call.err(
            f"sudo: unknown user {user}\nsudo: error initializing audit plugin sudoers_audit\n"
        )
        return 1
    if not call.root and not any(g.name == "sudo" for g in accounts.groups_of(_self(call))):
        await call.err(f"{call.user} is not in the sudoers file.\n")
        return 1
    user = account.name
    if not words and not login:
        await call.err(USAGE)
        return 1
    if (entry := _alone(call, words)) is not None:
        return await carried_out(entry, _as_another(call, words, user, account.home, env))
    session = call.machine.session(
        user=user, cwd=None if login else call.cwd, env=env, parent=call.session
    )
    script = shlex.join(words) if words else (await call.stdin()).decode(errors="replace")
    missing = b"bash: line 1: " + words[0].encode() + b": command not found\n" if words else b"\n\n"
    unknown = False

    async def err(data: bytes) -> None:
        nonlocal unknown
        unknown = unknown or missing in data
        await call.err(data.replace(missing, missing.replace(b"bash: line 1", b"sudo")))

    status = await session.run(script, call.out, err, stdin=call.reader if words else b"")
    return 1 if unknown and status == 127 else status


def _self(call: Call) -> PasswdEntry:
    user = call.machine.accounts.user(call.user)
    assert user is not None
    return user
