"""`bc`: a calculator with a language of its own, for FILEs and standard input."""

from __future__ import annotations

import asyncio
import re

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.bc_numbers import WIDTH, Calculator
from owlab.pocket.programs.bc_statements import BcProgram
from owlab.pocket.programs.options import Complaint, parse

LIBRARY_SCALE = 20
NUMBER = re.compile(r"-?\d+")
MARK = 2
"""Characters for what says that a line goes on."""
ABSENT = "s standard i interactive w warn h v"


@program("bc", machines="all")
async def bc(call: Call) -> int:
    """Calculate what FILEs and standard input say; ``-l`` with the library, ``-q``."""
    options = parse(call, "lqsiwhv", "mathlib quiet standard interactive warn", absent=ABSENT)
    calculator = Calculator(library=options.has("l", "mathlib"))
    calculator.scale = LIBRARY_SCALE if calculator.library else 0
    if "BC_LINE_LENGTH" in call.env:
        number = NUMBER.match(call.env["BC_LINE_LENGTH"])
        line = int(number[0]) if number is not None else 0
        calculator.width = line - MARK if line > MARK else 0 if line == 0 else WIDTH
    text = ""
    for name in options.words:
        content = call.read(call.path(name))
        if content is None:
            raise Complaint(f"File {name} is unavailable.\n")
        text += content.decode(errors="replace")
    text += (await call.stdin()).decode(errors="replace")
    printed: list[tuple[bool, str]] = []

    def complain(problem: str) -> None:
        printed.append((False, f"{problem}\n"))

    running = BcProgram(calculator, lambda one: printed.append((True, one)), complain)
    try:
        await asyncio.to_thread(running.run, text)
    finally:
        running.stopped = True  # by Ctrl-C, it may be in a long loop
        for plain, one in printed:
            await (call.out(one) if plain else call.err(one))
    return 0
