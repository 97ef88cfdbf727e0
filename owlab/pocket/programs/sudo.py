"""sudo: the words, run by a shell of another user."""

from __future__ import annotations

import copy
import re
import shlex
from dataclasses import replace

from owlab.pocket.machines import sudoers, syslog
from owlab.pocket.machines.accounts import PasswdEntry
from owlab.pocket.machines.sudoers import Allowance, Sudoers
from owlab.pocket.programs.base import Call, RegisteredProgram, load_programs, program
from owlab.pocket.programs.boundary import carried_out
from owlab.pocket.programs.catalog import BUILTINS, present
from owlab.pocket.programs.editors import chosen
from owlab.pocket.programs.shells import opened_shell

USAGE = (
    "usage: sudo -h | -K | -k | -V\n"
    "usage: sudo -l [command [arg ...]]\n"
    "usage: sudo [-HEinS] [-u user] [VAR=value] [command [arg ...]]\n"
)
CD = (
    'sudo: "cd" is a shell built-in command, it cannot be run directly.\n'
    "sudo: the -s option may be used to run a privileged shell.\n"
    "sudo: the -D option may be used to run a command in a specific directory.\n"
)
SECURE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
FLAGS = set("AbEHnPSikKslvV")
FORGETS = ({"-k"}, {"-K"}, {"-v"}, {"-nv"}, {"--validate"}, {"--reset-timestamp"})


_ALONE = (
    "kubectl helm k3s systemctl exportfs apt-get apt snap update-ca-certificates "
    "mkdir chown chmod cp mv tee"
)
ALONE = frozenset(_ALONE.split())
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
        screen=None,
    )


@program("sudo", machines="all")
async def sudo(call: Call) -> int:
    """Run a command as root, or with ``-u`` as someone else."""
    words = list(call.argv)
    user, keep, login, listing = "root", False, False, False
    wanted = {"TERM", "LANG"}
    if set(words) in FORGETS:
        return 0  # nobody has a password here that could be remembered
    if words in (["-V"], ["--version"]):
        await call.out("Sudo version 1.9.15p5\nSudoers policy plugin version 1.9.15p5\n")
        return 0
    if words[:1] in (["-e"], ["--edit"]):
        words[0] = chosen(call)
    while words and words[0].startswith("-") and words[0] != "--":
        option = words.pop(0)
        if option in ("-g", "--group", "-D", "--chdir", "-R", "--chroot") or option[:2] == "-g":
            what = "group" if "g" in option else option
            await call.err(f"sudo: you are not permitted to use the {what} option here\n")
            return 1
        if option in ("-u", "--user", "-p", "--prompt"):
            if not words:
                await call.err(f"sudo: option requires an argument -- '{option.lstrip('-')}'\n")
                return 1
            value = words.pop(0)
            user = value.lstrip("#") if option in ("-u", "--user") else user
        elif option.startswith("--user="):
            user = option.partition("=")[2]
        elif option.startswith("--preserve-env="):
            wanted |= set(option.partition("=")[2].split(","))
        elif option == "--list":
            listing = True
        elif option in ("--preserve-env", "--login", "--non-interactive", "--set-home", "--stdin"):
            keep, login = keep or option == "--preserve-env", login or option == "--login"
        elif option.startswith("-u"):
            user = option[2:]
        elif option == "--background" or ("b" in option[1:] and set(option[1:]) <= FLAGS):
            await call.err("sudo: -b is not part of the pocket lab's sudo: sudo COMMAND &\n")
            return 1
        elif set(option[1:]) <= FLAGS:
            keep, login = keep or "E" in option, login or "i" in option or "s" in option
            listing = listing or "l" in option
        else:
            strange = next((letter for letter in option[1:] if letter not in FLAGS), "")
            long = option.startswith("--")
            told = f"unrecognized option '{option}'" if long else f"invalid option -- '{strange}'"
            await call.err(f"sudo: {told}\n{USAGE}")
            return 1
    if words[:1] == ["--"]:
        words.pop(0)
    env = dict(call.env) if keep else {k: v for k, v in call.env.items() if k in wanted}
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
    user = account.name
    rules = sudoers.read(call.machine)
    for problem in rules.problems:
        await call.err(problem)
    mine = rules.of(_self(call), accounts)
    if listing and not mine:
        await call.err(f"Sorry, user {call.user} may not run sudo on {call.machine.name}.\n")
        return 1
    if not (call.root or listing) and (told := _refused(call, rules, mine, user, words)):
        await call.err(told)
        return 1
    if not words and not login and not listing:
        await call.err(USAGE)
        return 1
    if listing:
        return await _allowed(call, mine, words)
    _logged(call, user, words)
    _noted(call)
    if words and not login and words[0] in BUILTINS and not _there(call, words[0]):
        await call.err(f"sudo: {words[0]}: command not found\n{CD if words[0] == 'cd' else ''}")
        return 1
    env |= _who(call, words)
    plain = words in ([], ["bash"], ["/bin/bash"], ["sh"])
    inner = login and "-s" not in call.argv and not words
    if plain and opened_shell(call, user, login=inner, home=inner, env=env):
        return 0
    if not login and (entry := _alone(call, words)) is not None:
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


def _refused(call: Call, rules: Sudoers, mine: list[Allowance], user: str, words: list[str]) -> str:
    """Why somebody may not, or nothing."""
    if not mine:
        return (
            f"{call.user} is not in the sudoers file.\n"
            "This incident has been reported to the administrator.\n"
        )
    full = [_place(call, words[0]), *words[1:]] if words else ["/bin/bash"]
    if rules.allow(mine, user, full):
        return ""
    command = " ".join(full)
    return (
        f"Sorry, user {call.user} is not allowed to execute '{command}' as {user} on "
        f"{call.machine.name}.\n"
    )


def _place(call: Call, name: str) -> str:
    """The path of a command; where there is none, the place that it would have."""
    if "/" in name:
        return call.path(name)
    for folder in SECURE.split(":"):
        if call.machine.files.exists(f"{folder}/{name}"):
            return f"{folder}/{name}"
    return f"/usr/bin/{name}"


def _there(call: Call, name: str) -> bool:
    return call.machine.files.exists(_place(call, name))


def _who(call: Call, words: list[str]) -> dict[str, str]:
    """What a command is told of who runs it."""
    mine = _self(call)
    command = " ".join([_place(call, words[0]), *words[1:]]) if words else "/bin/bash"
    return {
        "SUDO_USER": mine.name,
        "SUDO_UID": str(mine.uid),
        "SUDO_GID": str(mine.gid),
        "SUDO_COMMAND": command,
    }


async def _allowed(call: Call, mine: list[Allowance], words: list[str]) -> int:
    """``sudo -l``: what one may do; of a command, where it is."""
    if words:
        path = _place(call, words[0])
        if not call.machine.files.exists(path):
            return 1
        await call.out(" ".join([path, *words[1:]]) + "\n")
        return 0
    await call.out(
        f"Matching Defaults entries for {call.user} on {call.machine.name}:\n"
        "    env_reset, mail_badpass,\n"
        f"    secure_path={SECURE.replace(':', chr(92) + ':')}, use_pty\n\n"
        f"User {call.user} may run the following commands on {call.machine.name}:\n"
        + "".join(f"    {rule.shown()}\n" for rule in mine)
    )
    return 0


def _logged(call: Call, user: str, words: list[str]) -> None:
    """What `sudo` did stands in the log, as whoever looks for it expects."""
    visit = call.machine.visits.of(call.session)
    terminal = f"TTY={visit.terminal} ; " if visit is not None else ""
    if call.machine.is_host:
        return
    command = " ".join([_place(call, words[0]), *words[1:]]) if words else "/bin/bash"
    text = f"{call.user:>8} : {terminal}PWD={call.cwd} ; USER={user} ; COMMAND={command}"
    line = syslog.LogLine(
        syslog.now(), "sudo", text.replace("\n", "#012"), priority="notice", facility="authpriv"
    )
    syslog.write(call.machine, line)


def _noted(call: Call) -> None:
    """Who has used it once needs no hint at the next login."""
    mark = f"{_self(call).home}/.sudo_as_admin_successful"
    if not (call.root or call.machine.is_host or call.machine.files.exists(mark)):
        call.machine.files.write_file(mark, b"")
        call.machine.own(mark, call.user)


def _self(call: Call) -> PasswdEntry:
    user = call.machine.accounts.user(call.user)
    assert user is not None
    return user
