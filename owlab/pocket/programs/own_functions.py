"""What a shell lists of itself, without the functions that the lab has put into it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.bash_help import builtins

WRAPPERS = frozenset(
    (
        *("bash", "sh", "fc", "history", "exit", "logout", "kill", "wait"),
        *("jobs", "fg", "bg", "disown", "help"),
    )
)
"""The names under which programs of the lab take part in a shell, as functions."""
MINE = re.compile(r"__owlab", re.IGNORECASE)
NAMED = re.compile(r"declare -f\w* (\S+)|(\S+)")
FUNCTION = re.compile(r"[^\s()]+ \(\) ?")


@program("__owlab_hidden", machines="all")
async def hidden(call: Call) -> int:
    """Pass on what comes from ``declare -f -F -p``, ``compgen`` or ``type``, without the lab's own.

    What ``type`` calls a function, and is one of the lab's, is a builtin.
    """
    lines = (await call.stdin()).decode(errors="replace").splitlines(keepends=True)
    if "type" in call.argv:
        await call.out("".join(_typed(lines)))
        return 0 if lines else 1
    if "builtins" in call.argv:
        names = set(builtins())
        shown = [line for line in lines if line.split()[-1:] and line.split()[-1] in names]
        await call.out("".join(shown))
        return 0 if shown else 1
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


def _typed(lines: list[str]) -> Iterator[str]:
    block: list[str] = []
    for line in lines:
        if block or line.endswith(" is a function\n"):
            block.append(line)
            if line == "}\n":
                ours = MINE.search("".join(block)) is not None
                yield from [block[0].replace(" a function", " a shell builtin")] if ours else block
                block = []
        else:
            yield line
    yield from block


@program("__owlab_kind", machines="all")
async def kind(call: Call) -> int:
    """``type -t`` of a function, by its text: the lab's are builtins."""
    await call.out("builtin\n" if MINE.search(call.argv[0]) else "function\n")
    return 0


def _is_ours(line: str) -> bool:
    found = NAMED.fullmatch(line)
    return bool(MINE.search(line)) or (found is not None and (found[1] or found[2]) in WRAPPERS)
