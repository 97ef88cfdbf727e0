"""What a shell lists of itself, without the functions that the lab has put into it."""

from __future__ import annotations

import re

from owlab.pocket.programs.base import Call, program

WRAPPERS = frozenset(
    (
        *("bash", "sh", "fc", "history", "exit", "logout", "kill", "wait"),
        *("jobs", "fg", "bg", "disown"),
    )
)
"""The names under which programs of the lab take part in a shell, as functions."""
MINE = re.compile(r"__owlab", re.IGNORECASE)
NAMED = re.compile(r"declare -f\w* (\S+)|(\S+)")
FUNCTION = re.compile(r"[^\s()]+ \(\) ?")


@program("__owlab_hidden", machines="all")
async def hidden(call: Call) -> int:
    """Pass on what comes from ``declare -f -F -p`` and ``compgen``, without what is the lab's."""
    lines = (await call.stdin()).decode(errors="replace").splitlines(keepends=True)
    kept: list[str] = []
    block: list[str] = []
    for line in lines:
        if block or FUNCTION.fullmatch(line.rstrip("\n")):
            block.append(line)
            if line == "}\n":
                kept += [] if MINE.search("".join(block)) else block
                block = []
        elif not _is_ours(line.rstrip("\n")):
            kept.append(line)
    await call.out("".join(kept + block))
    return 0 if kept or "compgen" not in call.argv else 1


def _is_ours(line: str) -> bool:
    found = NAMED.fullmatch(line)
    return bool(MINE.search(line)) or (found is not None and (found[1] or found[2]) in WRAPPERS)
