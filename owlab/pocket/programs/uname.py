"""`uname` and `arch`: which kernel and processor the machine has."""

from __future__ import annotations

import platform

from owlab.pocket.programs.base import Call, program

KERNEL = "6.8.0-31-generic"


def architecture(call: Call) -> str:
    """The machine's processor: x86_64, as K3s' and OpenWhisk's images need it. The laptop's own."""
    return platform.machine() if call.machine.is_host else "x86_64"


@program("uname", machines="all")
async def uname(call: Call) -> int:
    """``-a``, ``-s``, ``-n``, ``-r``, ``-v``, ``-m``, ``-o``."""
    values = {
        "s": "Linux",
        "n": call.machine.name,
        "r": f"{KERNEL}-pocket",
        "v": "#31-Ubuntu SMP (simulated by the owlab pocket lab)",
        "m": architecture(call),
        "p": architecture(call),
        "o": "GNU/Linux",
    }
    long = {"--all": "a", "--machine": "m", "--kernel-name": "s", "--kernel-release": "r"}
    flags = "".join(long.get(word, word.lstrip("-")) for word in call.argv) or "s"
    unknown = [flag for flag in flags if flag not in {*values, "a", "i"}]
    if unknown:
        await call.err(f"uname: invalid option -- '{unknown[0]}'\n")
        return 1
    wanted = "snrvmo" if "a" in flags else [key for key in values if key in flags]
    await call.out(" ".join(values[key] for key in wanted) + "\n")
    return 0


@program("arch", machines="all")
async def arch(call: Call) -> int:
    """The processor."""
    await call.out(f"{architecture(call)}\n")
    return 0
