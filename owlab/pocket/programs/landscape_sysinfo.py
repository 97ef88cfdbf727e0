"""`landscape-sysinfo`: how the machine is, as a login shows it."""

from __future__ import annotations

from owlab.pocket.machines import usage
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.processes import processes

GB = 1 << 30
INDENT, BETWEEN = "  ", "   "


@program("landscape-sysinfo")
async def sysinfo(call: Call) -> int:
    """Print load, disk, memory, processes, users and address, in two columns."""
    if call.argv:
        raise Complaint("Usage: landscape-sysinfo\n", 2)
    pairs = _known(call)
    half = -(-len(pairs) // 2)
    left, right = pairs[:half], pairs[half:]
    widths = [max(len(name) for name, _ in side) + 2 for side in (left, right)]
    longest = max(len(value) for _, value in left)
    for at, (name, value) in enumerate(left):
        line = f"{INDENT}{name + ':':<{widths[0]}}{value:<{longest}}"
        if at < len(right):
            line += f"{BETWEEN}{right[at][0] + ':':<{widths[1]}}{right[at][1]}"
        await call.out(f"{line.rstrip()}\n")
    await call.out("\n")
    return 0


def _known(call: Call) -> list[tuple[str, str]]:
    machine = call.machine
    used, total = usage.memory(machine)
    disk = machine.disk_total
    return [
        ("System load", f"{usage.load(machine)[0]:.2f}"),
        ("Usage of /", f"{machine.disk_used / disk:.1%} of {disk / GB:.2f}GB"),
        ("Memory usage", f"{used / total:.0%}"),
        ("Swap usage", "0%"),
        ("Processes", str(len(processes(call)))),
        ("Users logged in", str(len({visit.user for visit in machine.visits.here()}))),
        ("IPv4 address for ens3", machine.address),
    ]
