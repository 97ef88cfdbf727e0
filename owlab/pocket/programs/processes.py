"""The columns of processes which `ps`, `top`, `pgrep` and their like show; and `top`."""

from __future__ import annotations

import time

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines import usage
from owlab.pocket.machines.process_table import seen_from
from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.logins import headline
from owlab.pocket.programs.tput import USUAL, window

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
    "bsdtime": ("TIME", 6),
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
    command = " ".join([call.name, *call.argv])
    return seen_from(call.machine, call.session, call.user, command)


def value(call: Call, row: ProcessRow, column: str) -> str:
    """A row's field, by its name in :data:`COLUMNS`."""
    elapsed = int(unix_time() - row.started)
    hours, days = elapsed // 3600 % 24, elapsed // 86400
    clock = f"{hours:02}:{elapsed % 3600 // 60:02}:{elapsed % 60:02}"
    clock = f"{days}-{clock}" if days else clock
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
        "bsdtime": "0:00",
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
            f"{row.memory // 2:>6} {row.state[0]}   0.0 {value(call, row, '%mem'):>5}   0:00.00 "
            f"{row.name}"
        )
        await call.out(f"{line[: size[0]] if size is not None else line}\n")
