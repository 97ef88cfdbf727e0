"""`uname` and `arch`: which kernel and processor the machine has."""

from __future__ import annotations

import platform

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import parse, usage

LONG = {
    "all": "a",
    "kernel-name": "s",
    "nodename": "n",
    "kernel-release": "r",
    "kernel-version": "v",
    "machine": "m",
    "processor": "p",
    "hardware-platform": "i",
    "operating-system": "o",
}
KERNEL = "6.8.0-31-generic"


def architecture(call: Call) -> str:
    """The machine's processor: x86_64, as K3s' and OpenWhisk's images need it. The laptop's own."""
    return platform.machine() if call.machine.is_host else "x86_64"


@program("uname", machines="all")
async def uname(call: Call) -> int:
    """``-a``, ``-s``, ``-n``, ``-r``, ``-v``, ``-m``, ``-p``, ``-i``, ``-o``."""
    values = {
        "s": "Linux",
        "n": call.machine.name,
        "r": f"{KERNEL}-pocket",
        "v": "#31-Ubuntu SMP (simulated by the owlab pocket lab)",
        "m": architecture(call),
        "p": architecture(call),
        "i": architecture(call),
        "o": "GNU/Linux",
    }
    given = parse(call, "asnrvmpio", " ".join(LONG))
    if given.words:
        raise usage(call.name, f"extra operand ‘{given.words[0]}’")
    flags = {LONG.get(name, name) for name, _ in given.given} or {"s"}
    wanted = [key for key in values if key in flags or "a" in flags]
    await call.out(" ".join(values[key] for key in wanted) + "\n")
    return 0


@program("arch", machines="all")
async def arch(call: Call) -> int:
    """The processor."""
    if words := parse(call, "").words:
        raise usage(call.name, f"extra operand ‘{words[0]}’")
    await call.out(f"{architecture(call)}\n")
    return 0
