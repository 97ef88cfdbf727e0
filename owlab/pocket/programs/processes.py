"""The columns of processes which `ps`, `top`, `pgrep` and their like show; and `top`."""

from __future__ import annotations

import time

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.process_table import seen_from
from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.programs.base import Call

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
