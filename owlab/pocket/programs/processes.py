"""`ps`, `top`, `pgrep`, `pkill` and their like: one table of processes, shown in many ways."""

from __future__ import annotations

import re
import time

from owlab.pocket.machines import usage
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.processes import Daemon, Login, ProcessRow, table
from owlab.pocket.machines.visits import Visit, outermost, pid_of
from owlab.pocket.programs import units
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.logins import headline
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.tput import USUAL, window

MEMORY = {"k3s": 520_000, "k3s-agent": 180_000, "snapd": 38_000, "nginx": 6_000}
HEAD = 8
COLUMNS = {
    "pid": ("PID", 7),
    "ppid": ("PPID", 7),
    "user": ("USER", -8),
    "uid": ("UID", 5),
    "tty": ("TT", -8),
    "tt": ("TT", -8),
    "stat": ("STAT", -4),
    "s": ("S", -1),
    "time": ("TIME", 8),
    "etime": ("ELAPSED", 11),
    "start": ("STARTED", 8),
    "lstart": ("STARTED", 24),
    "rss": ("RSS", 6),
    "vsz": ("VSZ", 7),
    "pcpu": ("%CPU", 4),
    "%cpu": ("%CPU", 4),
    "pmem": ("%MEM", 4),
    "%mem": ("%MEM", 4),
    "ni": ("NI", 3),
    "comm": ("COMMAND", -15),
    "cmd": ("CMD", -27),
    "args": ("COMMAND", -27),
    "command": ("COMMAND", -27),
    "unit": ("UNIT", -25),
}


def processes(call: Call) -> list[ProcessRow]:
    """The machine's table now."""
    machine = call.machine
    own = machine.visits.of(call.session)
    command = " ".join([call.name, *call.argv])
    top = outermost(call.session)
    logins = _logins(machine, own, command, call.user)
    if own is None:  # what `multipass exec` runs has no terminal
        jobs = tuple(top.background()) if top is not None else ()
        started = time.time()
        logins.append(Login(*(None, call.user, started, command, jobs, pid_of(top), call.user)))
    return table(machine.booted, _daemons(machine), logins)


def known(machine: Machine) -> list[ProcessRow]:
    """The table as it is in ``/proc``: with all shells that run something."""
    logins = _logins(machine)
    shells = {id(visit.shell) for visit in machine.visits.here()}
    for shell in {id(top): top for top in map(outermost, machine.sessions) if top}.values():
        if id(shell) not in shells:
            jobs = tuple(shell.background())
            logins.append(Login(None, shell.user, shell.started, "", jobs, shell.pid))
    return table(machine.booted, _daemons(machine), logins)


def _logins(
    machine: Machine, own: Visit | None = None, command: str = "", user: str = ""
) -> list[Login]:
    return [
        Login(
            *(visit.number, visit.user, visit.came, command if visit is own else ""),
            *(tuple(visit.shell.background()), visit.pid, user if visit is own else ""),
        )
        for visit in machine.visits.here()
    ]


def _daemons(machine: Machine) -> list[Daemon]:
    return [
        Daemon(
            unit,
            units.pid(unit),
            units.kind_of(machine, unit).program + (" server" if unit == "k3s" else ""),
            units.state(machine, unit),
            MEMORY.get(unit, 9_000),
        )
        for unit in units.names(machine)
        if units.active(machine, unit) and not units.kind_of(machine, unit).oneshot
    ]


def _value(call: Call, row: ProcessRow, column: str) -> str:
    elapsed = int(time.time() - row.started)
    clock = f"{elapsed // 3600:02}:{elapsed % 3600 // 60:02}:{elapsed % 60:02}"
    total = call.machine.spec.memory // 1024
    user = call.machine.accounts.user(row.user)
    values = {
        "pid": row.pid,
        "ppid": row.parent,
        "user": row.user,
        "uid": user.uid if user is not None else 998,
        "tty": row.tty,
        "tt": row.tty,
        "stat": row.state,
        "s": row.state[0],
        "time": "00:00:00",
        "etime": clock if elapsed >= 3600 else clock[3:],
        "start": time.strftime("%H:%M:%S", time.gmtime(row.started)),
        "lstart": time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(row.started)),
        "rss": row.memory,
        "vsz": row.memory * 9,
        "pcpu": "0.0",
        "%cpu": "0.0",
        "pmem": f"{100 * row.memory / total:.1f}",
        "%mem": f"{100 * row.memory / total:.1f}",
        "ni": 0,
        "comm": row.name,
        "unit": f"{row.unit}.service" if row.unit else "-",
    }
    return str(values.get(column, row.command))


@program("ps")
async def ps(call: Call) -> int:
    """Processes: ``aux``, ``-ef``, ``-e``, ``-p PID``, ``-u USER``, ``-C NAME``, ``-o COLUMNS``."""
    rows = processes(call)
    words = list(call.argv)
    letters, columns, headed = "", None, True
    chosen: list[ProcessRow] | None = None
    while words:
        word = words.pop(0)
        if word in ("--no-headers", "--no-header", "h"):
            headed = False
        elif word.startswith("--sort"):
            continue
        elif word in ("-p", "--pid", "-C", "-u", "-U", "-o", "-eo", "-q", "axo", "-axo", "-Ao"):
            if not words:
                raise Complaint(f"error: list of {word} is missing\n")
            value = words.pop(0)
            if word in ("-o", "-eo", "axo", "-axo", "-Ao"):
                letters += "" if word == "-o" else "e"
                columns = [*(columns or []), *value.split(",")]
            else:
                wanted = set(re.split(r"[ ,]", value))
                chosen = [
                    row
                    for row in rows
                    if (word in ("-p", "--pid", "-q") and str(row.pid) in wanted)
                    or (word == "-C" and row.name in wanted)
                    or (word in ("-u", "-U") and row.user in wanted)
                ]
        elif word.startswith("-o"):
            columns = word[2:].split(",")
        else:
            letters += word.lstrip("-")
    for column in columns or []:
        if column.partition("=")[0] not in COLUMNS:
            raise Complaint(
                f'error: unknown user-defined format specifier "{column}"\n\n'
                "Usage:\n ps [options]\n\n For more details see ps(1).\n"
            )
    if chosen is None:
        everyone = set(letters) & set("eAax")
        tty = next((row.tty for row in rows if row.state == "R+"), "pts/0")
        chosen = (
            rows if everyone else [row for row in rows if row.tty == tty and row.user == call.user]
        )
    if "u" in letters:
        await _aux(call, chosen, headed)
        return 0
    if columns is None:
        if "f" in letters:
            await _full(call, chosen, headed)
            return 0 if chosen else 1
        columns = ["pid", "tty", "time", "comm"]
    await _rows(call, chosen, columns, headed)
    return 0 if chosen else 1


async def _rows(call: Call, rows: list[ProcessRow], columns: list[str], headed: bool) -> None:
    names = [column.partition("=")[0] for column in columns]
    titles = []
    for column, name in zip(columns, names, strict=True):
        given = column.partition("=")[2] if "=" in column else COLUMNS[name][0]
        titles.append(
            "CMD" if columns == ["pid", "tty", "time", "comm"] and name == "comm" else given
        )
        titles[-1] = "TTY" if columns[:2] == ["pid", "tty"] and name == "tty" else titles[-1]
    headed = headed and any(titles)
    table_ = [titles] if headed else []
    table_ += [[_value(call, row, name) for name in names] for row in rows]
    for line in table_:
        cells = []
        for cell, name in zip(line, names, strict=True):
            width = COLUMNS[name][1]
            cells.append(cell.ljust(-width) if width < 0 else cell.rjust(width))
        await call.out(" ".join(cells).rstrip() + "\n")


async def _aux(call: Call, rows: list[ProcessRow], headed: bool) -> None:
    if headed:
        await call.out(
            "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
        )
    for row in rows:
        start = time.strftime("%H:%M", time.gmtime(row.started))
        await call.out(
            f"{row.user:<8} {row.pid:>7}  0.0 {_value(call, row, '%mem'):>4} {row.memory * 9:>6} "
            f"{row.memory:>5} {row.tty:<8} {row.state:<4} {start}   0:00 {row.command}\n"
        )


async def _full(call: Call, rows: list[ProcessRow], headed: bool) -> None:
    if headed:
        await call.out("UID          PID    PPID  C STIME TTY          TIME CMD\n")
    for row in rows:
        start = time.strftime("%H:%M", time.gmtime(row.started))
        await call.out(
            f"{row.user:<8} {row.pid:>7} {row.parent:>7}  0 {start} {row.tty:<8} 00:00:00 "
            f"{row.command}\n"
        )


@program("top", "htop")
async def top(call: Call) -> int:
    """The table, every three seconds at a terminal: ``q`` leaves; once with ``-b`` or elsewhere."""
    if call.screen is None or any(word[:1] == "-" and "b" in word for word in call.argv):
        await _table(call, None)
        return 0
    await call.out("\x1b[?1049h")
    try:
        key: bytes | None = b" "
        while key not in (b"q", b"Q", b"\x03", None):
            await call.out("\x1b[H\x1b[2J")
            await _table(call, window(call) or USUAL)
            try:
                key = await call.screen.ask(echo=False, keys=1, seconds=3)
            except TimeoutError:
                key = b" "
    finally:
        await call.out("\x1b[?1049l")
    return 0


async def _table(call: Call, size: tuple[int, int] | None) -> None:
    rows = processes(call)
    used, total = (size / (1 << 20) for size in usage.memory(call.machine))
    await call.out(
        f"top -{headline(call)}"
        f"Tasks: {len(rows):>3} total,   1 running, {len(rows) - 1:>3} sleeping,   0 stopped,   "
        "0 zombie\n"
        "%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n"
        f"MiB Mem : {total:>8.1f} total, {total - used:>8.1f} free, {used:>8.1f} used,      "
        "0.0 buff/cache\n"
        f"MiB Swap:      0.0 total,      0.0 free,      0.0 used. {total - used:>8.1f} avail Mem\n"
        "\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n"
    )
    room = size[1] - HEAD if size is not None else len(rows)
    for row in sorted(rows, key=lambda row: -row.memory)[:room]:
        line = (
            f"{row.pid:>7} {row.user:<8}  20   0 {row.memory * 9:>7} {row.memory:>6} "
            f"{row.memory // 2:>6} {row.state[0]}   0.0 {_value(call, row, '%mem'):>5}   0:00.00 "
            f"{row.name}"
        )
        await call.out(f"{line[: size[0]] if size is not None else line}\n")


def _matching(call: Call, pattern: str, *, whole: bool, exact: bool) -> list[ProcessRow]:
    try:
        expression = re.compile(f"^(?:{pattern})$" if exact else pattern)
    except re.error:
        raise Complaint(f"{call.name}: Unmatched [, [^, [:, [., or [=\n", 2) from None
    own = [call.name, *call.argv]
    return [
        row
        for row in processes(call)
        if expression.search(row.command if whole else row.name) and row.command != " ".join(own)
    ]


@program("pgrep", "pidof")
async def pgrep(call: Call) -> int:
    """The numbers of processes by name; ``-f`` by the whole command, ``-l``, ``-a``, ``-c``."""
    flags = "".join(word.lstrip("-") for word in call.argv if word.startswith("-"))
    names = [word for word in call.argv if not word.startswith("-")]
    if not names:
        raise Complaint(
            f"{call.name}: no matching criteria specified\n"
            f"Try `{call.name} --help' for more information.\n",
            2,
        )
    pidof = call.name == "pidof"
    found = _matching(call, names[0], whole="f" in flags, exact=pidof or "x" in flags)
    if "c" in flags:
        await call.out(f"{len(found)}\n")
    elif pidof:
        await call.out(" ".join(str(row.pid) for row in found) + ("\n" if found else ""))
    else:
        for row in found:
            more = f" {row.command}" if "a" in flags else f" {row.name}" if "l" in flags else ""
            await call.out(f"{row.pid}{more}\n")
    return 0 if found else 1


@program("pkill", "killall")
async def pkill(call: Call) -> int:
    """End processes by name: a unit's, which systemd starts again where it is told to."""
    names = [word for word in call.argv if not word.startswith("-")]
    if not names:
        raise Complaint(f"{call.name}: no process selection criteria\n", 2)
    whole = any(word.startswith("-") and "f" in word for word in call.argv)
    found = _matching(call, names[-1], whole=whole, exact=call.name == "killall")
    if not found and call.name == "killall":
        await call.err(f"{names[-1]}: no process found\n")
    status = 0 if found else 1
    for row in found:
        if not call.root and row.user != call.user:
            await call.err(f"{call.name}: killing pid {row.pid} failed: Operation not permitted\n")
            status = 1
        elif row.unit:
            await units.stop(call, row.unit)
            if row.unit in ("k3s", "k3s-agent", "ssh"):
                await units.start(call, row.unit)
            call.fleet.changed(call.machine)
    return status
