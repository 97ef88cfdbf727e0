"""`free`, `df`, `lscpu` and `uptime`: what the machine was launched with."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.system import architecture

MIB, GIB = 1 << 20, 1 << 30


def _human(size: float) -> str:
    for unit in ("", "K", "M", "G"):
        if size < 1024:
            return f"{size:.0f}{unit}" if size >= 10 or not unit else f"{size:.1f}{unit}"
        size /= 1024
    return f"{size:.1f}T"


@program("free")
async def free(call: Call) -> int:
    """``-h``, ``-m``, ``-g``; what is used is a guess: nothing runs in the machine."""
    total = call.machine.spec.memory
    used = min(total // 4, 420 * MIB)
    flags = "".join(word.lstrip("-") for word in call.argv)

    def shown(size: int) -> str:
        if "h" in flags:
            return f"{_human(size)}i"
        return str(size // (MIB if "m" in flags else GIB if "g" in flags else 1024))

    rows = [
        ("", "total", "used", "free", "shared", "buff/cache", "available"),
        ("Mem:", *map(shown, (total, used, total - used, 0, 0, total - used))),
        ("Swap:", *map(shown, (0, 0, 0))),
    ]
    for row in rows:
        first, *others = row
        await call.out(f"{first:<6}" + "".join(f"{cell:>12}" for cell in others) + "\n")
    return 0


@program("df")
async def df(call: Call) -> int:
    """The disk with what its files really take, and what is mounted from other machines."""
    human = any("h" in word for word in call.argv if word.startswith("-"))
    total, used = call.machine.disk_total, call.machine.disk_used

    def shown(size: int) -> str:
        return _human(size) if human else str(size // 1024)

    rows = [("Filesystem", "Size" if human else "1K-blocks", "Used", "Avail", "Use%", "Mounted on")]
    rows.append(
        (
            "/dev/vda1",
            shown(total),
            shown(used),
            shown(total - used),
            f"{used * 100 // total}%",
            "/",
        )
    )
    for entry in call.machine.state.mounts:
        server = call.fleet.get(entry.server)
        if server is not None:
            size, taken = server.disk_total, server.disk_used
            rows.append(
                (
                    entry.source,
                    shown(size),
                    shown(taken),
                    shown(size - taken),
                    f"{taken * 100 // size}%",
                    entry.target,
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [row[column].rjust(widths[column]) for column in range(1, 5)]
        await call.out(" ".join([*cells, row[5]]) + "\n")
    return 0


@program("lscpu")
async def lscpu(call: Call) -> int:
    """Processor and count."""
    await call.out(
        f"Architecture:        {architecture(call)}\n"
        f"CPU(s):              {call.machine.spec.cpus}\n"
        "Hypervisor vendor:   owlab pocket lab\n"
    )
    return 0
