"""`pgrep`, `pkill`, `pidof`, `killall`: processes by their names."""

from __future__ import annotations

import re

from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.machines.signalling import deliver
from owlab.pocket.machines.signals import NAMES, named
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse
from owlab.pocket.programs.processes import processes

CHOICE = "fxivnou:U:P:t:"
LONG = "full exact ignore-case inverse newest oldest euid= uid= parent= terminal= count signal= "


def _chosen(call: Call, options: Options) -> list[ProcessRow]:
    """The rows that the options and the pattern name, but for the program itself."""
    users = _values(options, "u", "euid") + _values(options, "U", "uid")
    parents = _values(options, "P", "parent")
    terminals = _values(options, "t", "terminal")
    if len(options.words) > 1:
        raise _misused(call, "only one pattern can be provided")
    for user in users:
        if not user.isdecimal() and call.machine.accounts.user(user) is None:
            raise Complaint(f"{call.name}: invalid user name: {user}\n", 2)
    if not options.words and not users and not parents and not terminals:
        raise _misused(call, "no matching criteria specified")
    text = options.words[0] if options.words else ""
    try:
        pattern = re.compile(
            f"^(?:{text})$" if options.has("x", "exact") else text,
            re.IGNORECASE if options.has("i", "ignore-case") else 0,
        )
    except re.error:
        raise Complaint(f"{call.name}: Unmatched [, [^, [:, [., or [=\n", 2) from None
    whole, own = options.has("f", "full"), " ".join([call.name, *call.argv])

    def fits(row: ProcessRow) -> bool:
        return (
            pattern.search(row.command if whole else row.name) is not None
            and (not users or bool({row.user, str(_number(call, row.user))} & set(users)))
            and (not parents or str(row.parent) in parents)
            and (not terminals or row.tty in terminals)
        )

    turned = options.has("v", "inverse")
    found = [row for row in processes(call) if row.command != own and fits(row) is not turned]
    if options.has("n", "newest"):
        return sorted(found, key=lambda row: (row.started, row.pid))[-1:]
    if options.has("o", "oldest"):
        return sorted(found, key=lambda row: (row.started, row.pid))[:1]
    return found


def _values(options: Options, *names: str) -> list[str]:
    given = options.value(*names)
    return given.split(",") if given else []


def _number(call: Call, user: str) -> int | None:
    account = call.machine.accounts.user(user)
    return account.uid if account is not None else None


def _misused(call: Call, what: str) -> Complaint:
    return Complaint(f"{call.name}: {what}\nTry `{call.name} --help' for more information.\n", 2)


@program("pgrep")
async def pgrep(call: Call) -> int:
    """The numbers of processes by name; ``-f`` by the whole command, ``-l``, ``-a``, ``-c``."""
    options = parse(call, CHOICE + "lacd:", LONG + "list-name list-full delimiter=", status=2)
    found = _chosen(call, options)
    if options.has("c", "count"):
        await call.out(f"{len(found)}\n")
        return 0 if found else 1
    lines = [
        f"{row.pid} {row.command}" if options.has("a", "list-full")
        else f"{row.pid} {row.name}" if options.has("l", "list-name")
        else str(row.pid)
        for row in found
    ]  # fmt: skip
    between = options.value("d", "delimiter")
    await call.out((between if between is not None else "\n").join(lines) + "\n" * bool(lines))
    return 0 if found else 1


@program("pidof")
async def pidof(call: Call) -> int:
    """The numbers of programs of these names, the newest first; ``-s`` one only."""
    options = parse(call, "sxqS:o:", absent="x")
    left_out = set(_values(options, "o"))
    found = [
        str(row.pid)
        for row in reversed(processes(call))
        if row.name in {name.rpartition("/")[2] for name in options.words}
        and str(row.pid) not in left_out
        and row.command != " ".join([call.name, *call.argv])
    ]
    found = found[:1] if options.has("s") else found
    if found and not options.has("q"):
        await call.out((options.value("S") or " ").join(found) + "\n")
    return 0 if found else 1


@program("pkill")
async def pkill(call: Call) -> int:
    """Send a signal to processes by name: jobs of shells, and units, which systemd may restart."""
    signal, call.argv[:] = _signal(call)
    options = parse(call, CHOICE + "ce", LONG + "echo", status=2)
    if given := options.value("signal"):
        signal = _known(call, given)
    found = _chosen(call, options)
    status = 0 if found else 1
    for row in found:
        if why := await deliver(call.machine, row, signal, call.user, root=call.root):
            await call.err(f"pkill: killing pid {row.pid} failed: {why}\n")
            status = 1
        elif options.has("e", "echo"):
            await call.out(f"{row.name} killed (pid {row.pid})\n")
    if options.has("c", "count"):
        await call.out(f"{len(found)}\n")
    return status


@program("killall")
async def killall(call: Call) -> int:
    """Send a signal to all programs of these names: ``-s SIGNAL``, ``-u USER``, ``-q``, ``-v``."""
    signal, call.argv[:] = _signal(call)
    options = parse(call, "s:u:qvIe", "signal= user= quiet verbose ignore-case exact", status=1)
    if given := options.value("s", "signal"):
        signal = _known(call, given)
    user = options.value("u", "user")
    if not options.words and not user:
        raise Complaint(
            "Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n"
            "       killall -V, --version\n"
        )
    status = 0
    for name in options.words or [""]:
        found = [
            row
            for row in processes(call)
            if (not name or _same(row.name, name, options.has("I", "ignore-case")))
            and (not user or row.user == user)
            and row.command != " ".join([call.name, *call.argv])
        ]
        if not found:
            status = 1
            if not options.has("q", "quiet"):
                await call.err(f"{name}: no process found\n")
        for row in found:
            if why := await deliver(call.machine, row, signal, call.user, root=call.root):
                status = 1
                await call.err(f"{row.name}({row.pid}): {why}\n")
            elif options.has("v", "verbose"):
                await call.err(f"Killed {row.name}({row.pid}) with signal {_numeral(signal)}\n")
    return status


def _same(one: str, other: str, folded: bool) -> bool:
    return one.casefold() == other.casefold() if folded else one == other


def _numeral(signal: str) -> int:
    return NAMES.get(signal, 0)


def _signal(call: Call) -> tuple[str, list[str]]:
    """A first word such as ``-9`` or ``-HUP``, and the others."""
    words = list(call.argv)
    if words and re.fullmatch(r"-(\d+|(SIG)?[A-Z][A-Z0-9+-]+)", words[0]):
        return _known(call, words[0][1:]), words[1:]
    return "TERM", words


def _known(call: Call, text: str) -> str:
    found = named(text)
    if found is None:
        raise Complaint(f"{call.name}: {text}: unknown signal; kill -l lists them\n", 2)
    return found
