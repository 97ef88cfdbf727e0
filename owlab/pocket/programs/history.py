"""`history`: what was typed in the lab's terminals; bashkit's own shows the words around it."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program

FUNCTIONS = 'history() { __owlab_history "$@"; }; '
"""Shell text that each shell of a machine starts with."""


@program("__owlab_history", machines="all")
async def history(call: Call) -> int:
    """All of it, or the last N lines; the lab's machines share one memory."""
    path = call.lab.directory / "history"
    text = path.read_text("utf-8", errors="replace") if path.exists() else ""
    typed = [line[1:] for line in text.splitlines() if line.startswith("+")]
    count = int(call.argv[0]) if call.argv and call.argv[0].isdigit() else len(typed)
    for number, line in list(enumerate(typed, 1))[max(len(typed) - count, 0) :]:
        await call.out(f"{number:5}  {line}\n")
    return 0
