"""`timeout`: a command, and a signal for it when its time is over."""

from __future__ import annotations

import asyncio
import re
import shlex

from owlab.pocket.bash.interpreter import undisturbed
from owlab.pocket.ground.failures import Farewell
from owlab.pocket.machines.signals import NAMES, named
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.catalog import BUILTINS
from owlab.pocket.programs.options import Complaint, parse, usage
from owlab.pocket.programs.shells import child_of

TIMED_OUT, WRONG = 124, 125
INTERVAL = re.compile(r"(\d+\.?\d*|\.\d+)([smhd]?)")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
MISSING = re.compile(rb"bash: line 1: ([^\n]*): (command not found|No such file or directory)\n")


def interval(text: str) -> float:
    """Seconds of ``1.5``, ``10s``, ``2m``; a complaint for anything else."""
    found = INTERVAL.fullmatch(text)
    if found is None:
        raise usage("timeout", f"invalid time interval ‘{text}’", WRONG)
    return float(found[1]) * UNITS[found[2]]


async def _last_words(call: Call, ended: asyncio.Task[int]) -> None:
    try:
        ended.result()
    except Farewell as last:
        await call.out(last.text)
    except asyncio.CancelledError:
        return


@program("timeout", machines="all")
async def timeout(call: Call) -> int:
    """Run a command, and end it after a while; ``-s SIGNAL``, ``-k DURATION``, ``-v``."""
    options = parse(
        call, "k:s:v", "kill-after= signal= verbose preserve-status foreground", WRONG, mixed=False
    )
    given = options.value("s", "signal") or "TERM"
    signal = named(given)
    if signal in (None, "0"):
        raise usage("timeout", f"‘{given}’: invalid signal", WRONG)
    after = options.value("k", "kill-after")
    if after is not None:
        interval(after)
    if len(options.words) < 2:
        raise Complaint("Try 'timeout --help' for more information.\n", WRONG)
    seconds, words = interval(options.words[0]), list(options.words[1:])
    if words[0] in BUILTINS:
        raise Complaint(
            f"timeout: failed to run command ‘{words[0]}’: No such file or directory\n", 127
        )
    session = child_of(call)

    async def err(data: bytes) -> None:
        text = "timeout: failed to run command ‘{}’: No such file or directory\n"
        await call.err(MISSING.sub(lambda m: text.format(m[1].decode()).encode(), data))

    running = asyncio.ensure_future(
        session.run(shlex.join(words), call.out, err, stdin=call.reader)
    )
    try:
        await asyncio.wait([running], timeout=seconds or None)
    except asyncio.CancelledError:
        running.cancel()
        await undisturbed(asyncio.wait([running]))
        running.result()
        raise
    if running.done():
        return running.result()
    if options.has("v", "verbose"):
        await call.err(f"timeout: sending signal {signal} to command ‘{words[0]}’\n")
    if signal == "INT":
        running.cancel()
    else:
        session.kill(hard=signal == "KILL")
    await asyncio.wait([running])
    if running.cancelled():
        await _last_words(call, running)
    number = NAMES[signal or "TERM"]
    return 128 + number if signal == "KILL" or options.has("preserve-status") else TIMED_OUT
