"""Questions about programs where the interpreter would tell of itself.

Its shells are functions, and its tools say whose they are. Such a question is put to a program of
ours, or answered by a word.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.syntax import Simple
from owlab.pocket.bash.tokens import commands

WRAPPED = ("fc", "history", "help", "jobs", "fg", "bg", "disown", "kill", "wait", "exit", "logout")
"""Builtins of bash that are functions here."""
ASKED = re.compile(
    r"\s--version\b|\b(command\s+-[vV]|type|which|hash)\s+(-\w+\s+)*(bash|sh)\b|trap\s+-l|"
    rf"\b(type|command)\s.*\b({'|'.join(WRAPPED)})\b|\benable\b|\b(wc|declare|typeset|compgen)\s"
)
PLAIN_COUNT = re.compile(r"-[clw]+")
SHELLS = {"bash": "/usr/bin/bash", "sh": "/usr/bin/sh"}
HIDDEN, DECLARES = "__owlab_hidden", ("declare", "typeset")
VERSION, SIGNALS = "__owlab_version", "__owlab_signals"

Edit = tuple[int, int, str]


def told(script: str, plain: frozenset[str]) -> str:
    """The script, with such questions put another way.

    :param plain: what the interpreter runs itself.
    """
    edits = [edit for simple in commands(script) if (edit := _edit(simple, plain)) is not None]
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _edit(simple: Simple, plain: frozenset[str]) -> Edit | None:
    words = [word.text for word in simple.words]
    if not words:
        return None
    whole = (simple.words[0].start, simple.words[-1].end)
    if words[1:] == ["--version"] and words[0] in plain and words[0] not in SHELLS:
        return (*whole, f"{VERSION} {words[0]}")
    if words[0] == "wc" and not all(PLAIN_COUNT.fullmatch(word) for word in words[1:]):
        # The interpreter's prints nothing at all where one of the files is missing.
        return (simple.words[0].start, simple.words[0].end, "__owlab_wc")
    if words[0] == "compgen" or (words[0] in DECLARES and words[1:] in (["-f"], ["-F"], ["-p"])):
        kind = words[0] if words[0] == "compgen" else ""
        if kind and set(words) & {"-b", "builtin"}:
            return (whole[1], whole[1], f" | {HIDDEN} builtins")
        if set(words) & {"-f", "-F", "-p", "-c", "-v", "function", "command", "variable"}:
            return (whole[1], whole[1], f" | {HIDDEN} {kind}")
        return None
    if words[0] == "enable" and set(words[1:]) <= {"-p", "-a"}:
        return (whole[1], whole[1], f" | {HIDDEN} builtins")
    if words[0] == "type" or words[:2] == ["command", "-V"]:
        return _of_type(simple, words)
    if words == ["trap", "-l"]:
        return (*whole, SIGNALS)
    if len(words) == 3 and words[:2] == ["command", "-v"] and words[2] in SHELLS:
        return (*whole, f"echo {SHELLS[words[2]]}")
    return None


def _of_type(simple: Simple, words: list[str]) -> Edit | None:
    """``type``, and ``command -V``, where they would show a function of the lab."""
    whole = (simple.words[0].start, simple.words[-1].end)
    if words[0] == "type" and words[-1] in SHELLS and len(words) < 4:
        path = SHELLS[words[-1]]
        texts = {"": f"{words[-1]} is {path}", "-t": "file", "-p": path, "-P": path}
        option = words[1] if len(words) == 3 else ""
        return (*whole, f"echo {texts[option]}") if option in texts else None
    if not set(words) & set(WRAPPED):
        return None
    if words[1] != "-t":
        return (whole[1], whole[1], f" | {HIDDEN} type")
    name = words[-1]
    kind = f'__owlab_kind "$(declare -f {name})"'
    return (*whole, f"if declare -F {name} > /dev/null; then {kind}; else type -t {name}; fi")
