"""The menu of bash's ``select``: numbered words in columns, as bash sets them."""

from __future__ import annotations

from owlab.pocket.bash.menus import SHOW
from owlab.pocket.programs.base import Call, program

TAB = 8
BETWEEN = 2


@program(SHOW, machines="all")
async def menu(call: Call) -> int:
    """Print the words, on standard error."""
    columns = call.env.get("COLUMNS", "")
    await call.err(listed(call.argv, int(columns) if columns.isdecimal() else 80))
    return 0


def listed(words: list[str], width: int) -> str:
    """The menu's lines."""
    if not words:
        return "\n"
    digits = len(str(len(words)))
    widest = max(map(len, words)) + digits + 2 * BETWEEN
    columns = max(1, width // widest)
    rows = -(-len(words) // columns)
    columns = -(-len(words) // rows)
    rows = len(words) if rows == 1 else rows
    text = ""
    for row in range(rows):
        for column, at in enumerate(range(row, len(words), rows)):
            number = len(str(rows)) if column == 0 else digits
            text += f"{at + 1:>{number}}) {words[at]}"
            if at + rows < len(words):
                here = column * widest + len(words[at]) + number + BETWEEN
                text += _indent(here, (column + 1) * widest)
        text += "\n"
    return text


def _indent(here: int, to: int) -> str:
    text = ""
    while here < to:
        if to // TAB > here // TAB:
            text += "\t"
            here += TAB - here % TAB
        else:
            text += " "
            here += 1
    return text
