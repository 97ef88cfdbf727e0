"""bash's sentences, where the interpreter has its own."""

from __future__ import annotations

import re
from collections.abc import Callable

# bashkit adds advice to "command not found", and says where an error comes from; bash does not.
ADVICE = re.compile(rb"(command not found)\. [^\n]*|io error: ")
GUESS = re.compile(rb"(: command not found)\. Did you mean: [^\n]*\?")
OWN_NAME = re.compile(rb"Bashkit never executes host commands from a sed script")
QUOTED = re.compile(rb"^find: '([^']*)'", re.M)
NO_JOBS = re.compile(rb"^(bash: line \d+: [fb]g): [^\s:]+: no such job$", re.M)
LINE = re.compile(rb"^bash: line \d+: ", re.M)
MISSING = re.compile(rb"^bash: (?:line \d+: )?([^\s:/]+): command not found$", re.M)
PROBLEM = re.compile(r"parse error at line (\d+), column \d+: (.*)", re.S)
UNTIMED = re.compile(rb"^(user|sys)([\t ])unavailable", re.M)
TOO_MUCH = (
    "a program of the pocket lab takes up to 8 MB from `<` or a variable: give it the file's name"
)
SYNTAX = 2


def plain(data: bytes) -> bytes:
    """An error as bash prints it in a script."""
    data = NO_JOBS.sub(rb"\1: no job control", data)
    if data.startswith(b"find: "):
        data = QUOTED.sub("find: ‘\\1’".encode(), data)
    return OWN_NAME.sub(b"the pocket lab's sed runs no commands", ADVICE.sub(rb"\1", data))


def timed(data: bytes, seconds: float) -> bytes:
    """What `time` prints, with the processor's time: that of the lab's process meanwhile."""

    def told(found: re.Match[bytes]) -> bytes:
        taken = max(seconds, 0.0) if found[1] == b"user" else 0.0
        posix = f"{taken:.2f}"  # `time -p`
        usual = f"{int(taken // 60)}m{taken % 60:.3f}s"
        return found[1] + found[2] + (posix if found[2] == b" " else usual).encode()

    return UNTIMED.sub(told, data) if b"unavailable" in data else data


def without_guess(data: bytes) -> bytes:
    """What bashkit prints to a pipe or a file, without its advice."""
    return GUESS.sub(rb"\1", data) if b"not found. Did you mean" in data else data


def typed(data: bytes, package_of: Callable[[str], str]) -> bytes:
    """An error as bash prints it at a prompt, where Ubuntu says what brings a program.

    :param package_of: how a missing program is installed, or nothing.
    """

    def missing(found: re.Match[bytes]) -> bytes:
        name = found[1].decode(errors="replace")
        command = package_of(name)
        if not command:
            return found[1] + b": command not found"
        return f"Command '{name}' not found, but can be installed with:\n{command}".encode()

    return LINE.sub(b"bash: ", MISSING.sub(missing, data))


def grammar(problem: str, script: str, *, prompt: bool) -> str:
    """What bash says of a script that it cannot read."""
    if "execution budget" in problem:
        return f"bash: {TOO_MUCH}\n"
    found = PROBLEM.fullmatch(problem)
    if found is None:
        return f"bash: {problem}\n"
    number, reason = int(found[1]), found[2].rstrip()
    if not reason.startswith(("syntax error", "unexpected EOF")):
        reason = f"syntax error: {reason}"
    before = "bash: " if prompt else f"bash: -c: line {number}: "
    text = f"{before}{reason}\n"
    if "near unexpected token" in reason and not prompt:
        lines = script.splitlines()
        text += f"{before}`{lines[number - 1] if number <= len(lines) else ''}'\n"
    return text
