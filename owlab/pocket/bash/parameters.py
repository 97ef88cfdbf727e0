"""What a shell knows of itself (``$$``, ``$0``), where the interpreter knows something else."""

from __future__ import annotations

import re
from collections.abc import Mapping

DOCUMENT = re.compile(r"<<-?[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\(\w+))")
NAMES = r"[$!0-]|PPID\b|BASHPID\b|BASH_COMMAND\b|EPOCHSECONDS\b|EPOCHREALTIME\b"
MOMENT = re.compile(r"\bEPOCH(?:SECONDS|REALTIME)\b")
MOMENTS = {"EPOCHSECONDS": "$(date +%s)", "EPOCHREALTIME": "$(date +%s.%6N)"}
"""Parameters that the interpreter has not, and what gives their value."""
EXPANSION = re.compile(rf"\$(?:\{{({NAMES})\}}|({NAMES}))")


ARITHMETIC = re.compile(r"\(\((?:[^()]|\([^()]*\))*\)\)")
BARE = re.compile(r"(?<![\w${])EPOCH(?:SECONDS|REALTIME)\b")


def timed(script: str) -> str:
    """The script with its moments as commands that tell them, in ``$((...))`` too."""

    def bare(found: re.Match[str]) -> str:
        return BARE.sub(lambda name: MOMENTS[name[0]], found[0])

    return told(ARITHMETIC.sub(bare, script), MOMENTS)


def told(script: str, values: Mapping[str, str]) -> str:
    """The script with these parameters replaced, where the shell would expand them.

    :param values: by name: ``$``, ``0``, ``!``, ``-``, ``PPID``.
    """
    if "$" not in script:
        return script
    out: list[str] = []
    at, quoted = 0, False
    waiting: list[str] = []
    while at < len(script):
        char = script[at]
        if char == "\n" and waiting:
            at = _passed(script, at + 1, waiting, out)
            continue
        if char == "\\":
            out.append(script[at : at + 2])
            at += 2
        elif char == "'" and not quoted:
            end = script.find("'", at + 1)
            end = len(script) if end < 0 else end + 1
            out.append(script[at:end])
            at = end
        elif char == "#" and not quoted and (at == 0 or script[at - 1] in " \t\n;"):
            end = script.find("\n", at)
            end = len(script) if end < 0 else end
            out.append(script[at:end])
            at = end
        elif char == "$" and (found := EXPANSION.match(script, at)) is not None:
            name = found[1] or found[2]
            out.append(values.get(name, found[0]))
            at = found.end()
        else:
            quoted ^= char == '"'
            begins = char == "<" and not quoted and script[at - 1 : at] != "<"
            if begins and (begun := DOCUMENT.match(script, at)) is not None:
                waiting.append(begun[1] or begun[2] or begun[3])
            out.append(char)
            at += 1
    return "".join(out)


def _passed(script: str, at: int, waiting: list[str], out: list[str]) -> int:
    """Past the here-documents that mean themselves."""
    out.append("\n")
    while waiting and at < len(script):
        end = script.find("\n", at)
        end = len(script) if end < 0 else end
        line = script[at:end]
        out.append(line)
        if line.lstrip("\t") == waiting[0]:
            waiting.pop(0)
        at = end
        if waiting and end < len(script):
            out.append("\n")
            at = end + 1
    return at
