"""`which`, `command -v` and `type`: a program is found only where it is installed.

bashkit finds every program that a machine could have. These shell functions ask us first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab.pocket.programs import history, listing, rights
from owlab.pocket.programs.base import PROGRAMS, Call, program

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

LOOKING = (
    '__owlab_look() { local p s; p=$(__owlab_where "$2"); s=$?; '
    '[ $s = 0 ] && printf "$1\\n" "$p"; return $s; }; '
    'command() { case "$1" in -v|-V) __owlab_look %s "$2"; case $? in 0) return 0;; '
    '1) return 1;; esac;; esac; builtin command "$@"; }; '
    'which() { local n p s=0; for n in "$@"; do __owlab_look %s "$n"; case $? in 0) ;; 1) s=1;; '
    # bashkit has what Ubuntu has in files built in.
    '*) p=$(builtin command which "$n") || s=1; case $p in "") ;; /*) echo "$p";; '
    '*) echo "/usr/bin/$p";; esac;; esac; done; return $s; }; '
    'type() { __owlab_look "$1 is %s" "$1"; case $? in 0) return 0;; '
    '1) echo "bash: type: $1: not found" >&2; return 1;; esac; builtin type "$@"; }; '
)
FUNCTIONS = LOOKING + rights.FUNCTIONS + listing.FUNCTIONS + history.FUNCTIONS
"""Shell text that each shell of a machine starts with."""

FOUND, MISSING, UNKNOWN = 0, 1, 2


def place(machine: Machine, name: str) -> str | None:
    """Where a program of ours says it is; None when it is not installed."""
    entry = PROGRAMS[name]
    if not entry.on(machine) or (entry.installed is not None and not entry.installed(machine)):
        return None
    if machine.read(f"/usr/local/bin/{name}") is not None:
        return f"/usr/local/bin/{name}"
    if name in machine.state.get("snaps", {}):
        return f"/snap/bin/{name}"
    return f"/usr/bin/{name}"


@program("__owlab_where", machines="all")
async def where(call: Call) -> int:
    """Print where a program is; 1: it is not installed, 2: it is none of ours."""
    name = call.argv[0] if call.argv else ""
    if name not in PROGRAMS or name.startswith("__"):
        return UNKNOWN
    found = place(call.machine, name)
    if found is None:
        return MISSING
    await call.out(f"{found}\n")
    return FOUND
