"""`lscpu`: the processors that the machine was launched with, as `/proc/cpuinfo` tells of them."""

from __future__ import annotations

import json
import re
import sys

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse, usage
from owlab.pocket.programs.uname import architecture

ONLY_TABLES = (
    "options --all, --online and --offline may only be used with options --extended or --parse."
)


@program("lscpu")
async def lscpu(call: Call) -> int:
    """Processors and their number; ``-J`` as JSON, ``-p`` one a line."""
    options = parse(
        call,
        "aJpebcys:x",
        "json parse? extended? all online offline physical sysroot= hex",
        absent="s sysroot x hex",
    )
    if options.words:
        raise usage("lscpu", "bad usage")
    if columns := options.value("parse", "extended"):
        raise Complaint(f"lscpu: the pocket lab's lscpu chooses no columns: {columns}\n")
    table = options.has("p", "parse", "e", "extended")
    offline = options.has("c", "offline")
    if not table and (offline or options.has("a", "all", "b", "online")):
        raise Complaint(f"lscpu: {ONLY_TABLES}\n")
    count = call.machine.spec.cpus
    if table:
        await call.out(
            "# The following is the parsable format, which can be fed to other\n"
            "# programs. Each different item in every column has an unique ID\n"
            "# starting usually from zero.\n# CPU,Core,Socket,Node\n"
            if options.has("p", "parse")
            else "CPU CORE SOCKET NODE ONLINE\n"
        )
        form = (
            "{n},{n},0,0\n" if options.has("p", "parse") else "{n:>3} {n:>4}      0    0    yes\n"
        )
        await call.out("".join(form.format(n=number) for number in range(0 if offline else count)))
        return 0
    rows = _rows(call, count)
    if options.has("J", "json"):
        fields = [{"field": name, "data": value} for name, value in rows.items()]
        await call.out(json.dumps({"lscpu": fields}, indent=3) + "\n")
        return 0
    width = 1 + max(map(len, rows))
    await call.out("".join(f"{name:<{width}}{value}\n" for name, value in rows.items()))
    return 0


def _rows(call: Call, count: int) -> dict[str, str]:
    text = (call.read("/proc/cpuinfo") or b"").decode()
    says = dict(re.findall(r"^([^\t:]+)\t*: (.*)$", text, re.M))
    return {
        "Architecture:": architecture(call),
        "CPU op-mode(s):": "32-bit, 64-bit",
        "Byte Order:": f"{sys.byteorder.title()} Endian",
        "CPU(s):": str(count),
        "On-line CPU(s) list:": ",".join(map(str, range(count))) if count < 3 else f"0-{count - 1}",
        "Vendor ID:": says.get("vendor_id", ""),
        "Model name:": says.get("model name", ""),
        "Thread(s) per core:": "1",
        "Core(s) per socket:": str(count),
        "Socket(s):": "1",
        "NUMA node(s):": "1",
        "NUMA node0 CPU(s):": ",".join(map(str, range(count))) if count < 3 else f"0-{count - 1}",
    }
