"""``>(...)`` where the interpreter loses what is written to it.

bashkit has it behind a single command. Behind ``exec`` at the top of a script what follows becomes
the first part of a pipe, which is what it is; elsewhere the script is refused.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.syntax import Simple
from owlab.pocket.bash.tokens import commands

LOST = re.compile(r">\s*>\(")
CLOSING = ("", "}", "done", "fi", "esac")
SENTENCE = (
    ">(...) behind a compound command, or behind exec anywhere but at the top of a script, is more "
    'than the pocket lab has: write "| command"'
)


def piped(script: str) -> str:
    """The script, with an ``exec > >(...)`` as the pipe that it is."""
    if not LOST.search(script):
        return script
    for simple in commands(script):
        to = [token for _, token in simple.redirections if token.text.startswith(">(")]
        if not to or simple.name not in (*CLOSING, "exec") or len(simple.words) > 1:
            continue
        done = _rest_piped(script, simple) if simple.name == "exec" else None
        return done if done is not None else f"echo 'bash: {SENTENCE}' >&2; (exit 2)"
    return script


def _rest_piped(script: str, simple: Simple) -> str | None:
    """``exec > >(CMD) 2>&1; REST`` as ``{ REST } 2>&1 | CMD``."""
    shape = [(sign.text, to.text) for sign, to in simple.redirections]
    first, *more = shape
    both = first[0] == "&>" or more == [("2>&", "1")]
    if not simple.top or first[0] not in (">", "1>", ">>", "&>") or (more and not both):
        return None
    start, end = simple.words[0].start, simple.redirections[-1][1].end
    rest = piped(script[end:])
    command = first[1].removeprefix(">(").removesuffix(")")
    status = "(exit ${PIPESTATUS[0]})"
    redirected = " 2>&1" if both else ""
    return f"{script[:start]}{{ :{rest}\n}}{redirected} | {{ {command}\n}}; {status}"
