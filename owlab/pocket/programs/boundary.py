"""Where every program ends: what it raised becomes its own words and an exit status."""

from __future__ import annotations

import inspect
import logging

from owlab.pocket.ground.failures import PIPE_CLOSED, DiskFull, ReaderGone
from owlab.pocket.programs.base import Call, RegisteredProgram
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.tool_versions import VERSIONS, version_of

log = logging.getLogger(__name__)

FAULT = 70
TROUBLED = frozenset(["grep", "egrep", "fgrep", "diff", "cmp", "sort", "ls"])
"""Their 1 is an answer, so that trouble is 2."""
UNWRITTEN = "io error: "
"""How the interpreter begins to say why a file does not take what is written to it."""


async def carried_out(entry: RegisteredProgram, call: Call) -> int:
    """Run a program to its end, whatever happens in it."""
    try:
        asks = call.argv == ["--help"] and not call.name.startswith("__owlab")
        if asks and not entry.own_help:
            await call.out(help_of(call.name, entry))
            return 0
        if call.argv == ["--version"] and call.name in VERSIONS:
            await call.out(version_of(call.name))
            return 0
        return await entry.run(call)
    except (BrokenPipeError, ReaderGone):
        return PIPE_CLOSED  # as a process that SIGPIPE ended: the reader has what it wanted
    except Complaint as complaint:
        await _said(call, complaint.text)
        return complaint.status
    except DiskFull as error:
        await _said(call, f"{call.name}: No space left on device ({error})\n")
        return 1
    except OSError as error:
        log.info("%s %s: %s", call.name, call.argv[:2], error, exc_info=True)
        where = f"{error.filename}: " if error.filename else ""
        await _said(call, f"{call.name}: {where}{error.strerror or error}\n")
        return 1
    except Exception as error:
        if isinstance(error, RuntimeError) and str(error).startswith(UNWRITTEN):
            await _said(call, f"{call.name}: write error: {str(error).removeprefix(UNWRITTEN)}\n")
            return 2 if call.name in TROUBLED else 1
        log.exception("%s %s failed on %s", call.name, call.argv[:1], call.machine.name)
        await _said(
            call,
            f"{call.name}: the pocket lab failed: {type(error).__name__}: {error}\n"
            f"What happened is in {call.lab_directory}/daemon.log\n",
        )
        return FAULT


async def _said(call: Call, text: str) -> None:
    """An error's words, to whoever still listens."""
    try:
        await call.err(text)
    except ReaderGone:
        return


def help_of(name: str, entry: RegisteredProgram) -> str:
    """What the lab's program does, from its own description."""
    about = " ".join((inspect.getdoc(entry.run) or "").replace("``", "").split())
    return f"Usage: {name} [OPTION]... [ARGUMENT]...\n{about}\n\nThe pocket lab's own {name}.\n"
