"""`--version` of what the interpreter itself runs: whose work it stands for, and what it is."""

from __future__ import annotations

from owlab.pocket.bash.own_programs import SIGNALS, VERSION
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.signals import listing

VERSIONS = {
    "bash": "GNU bash, version 5.2.21(1)-release (x86_64-pc-linux-gnu)",
    "sed": "sed (GNU sed) 4.9",
    "grep": "grep (GNU grep) 3.11",
    "awk": "mawk 1.3.4 20240123",
    "find": "find (GNU findutils) 4.9.0",
    "xargs": "xargs (GNU findutils) 4.9.0",
    "jq": "jq-1.7",
    "diff": "diff (GNU diffutils) 3.10",
    "bc": "bc 1.07.1",
    "patch": "GNU patch 2.7.6",
}


NOTE = "(what runs is the pocket lab's own)"


@program(SIGNALS, machines="all")
async def signals(call: Call) -> int:
    """What ``trap -l`` prints."""
    await call.out(listing())
    return 0


@program(VERSION, machines="all")
async def version(call: Call) -> int:
    """The version that Ubuntu 24.04 has, and that this is another program."""
    name = call.argv[0]
    await call.out(f"{VERSIONS.get(name) or f'{name} (GNU coreutils) 9.4'}\n{NOTE}\n")
    return 0
