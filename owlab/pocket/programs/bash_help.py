"""`help`: what the shell's own commands are, one line each; bash's synopses, our sentences."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint

FUNCTION = 'help() { __owlab_help "$@"; }; '
"""Shell text that each shell of a machine starts with."""
HEAD = """\
GNU bash, version 5.2.21(1)-release (x86_64-pc-linux-gnu)
These commands are the shell's own.  `help NAME' tells what NAME does; other
programs answer `NAME --help' and `man NAME'.

"""
USAGE = "help: usage: help [-dms] [pattern ...]\n"
_NAMED = {
    "(( expression ))": "(( ... ))",
    "[[ expression ]]": "[[ ... ]]",
    "{ COMMANDS ; }": "{ ... }",
    "for (( exp1; exp2; exp3 )); do COMMANDS; done": "for ((",
}
_NO_BUILTINS = frozenset(
    (
        *("job_spec", "(( ... ))", "[[ ... ]]", "{ ... }", "for ((", "variables", "case", "coproc"),
        *("for", "function", "if", "select", "time", "until", "while"),
    )
)


class Topic(NamedTuple):
    """One of the shell's commands: its name, its synopsis, and a sentence."""

    name: str
    synopsis: str
    about: str


@cache
def topics() -> tuple[Topic, ...]:
    """All, in bash's order."""
    found = []
    for line in Path(__file__).with_name("builtins.txt").read_text("utf-8").splitlines():
        synopsis, _, about = line.rpartition(" | ")
        found.append(Topic(_NAMED.get(synopsis, synopsis.partition(" ")[0]), synopsis, about))
    return tuple(found)


def builtins() -> tuple[str, ...]:
    """The names of the commands that are no words of the language."""
    return tuple(sorted(topic.name for topic in topics() if topic.name not in _NO_BUILTINS))


@program("__owlab_help", machines="all", own_help=True)
async def help_builtin(call: Call) -> int:
    """All of them; or those that a PATTERN names: whole, with ``-d`` and ``-s`` in a line."""
    words, forms = list(call.argv), ""
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        if word == "--help":
            words = ["help"]
            break
        if wrong := next((letter for letter in word[1:] if letter not in "dms"), ""):
            raise Complaint(f"bash: help: -{wrong}: invalid option\n{USAGE}", 2)
        forms += word[1:]
    if not words:
        await call.out(HEAD + _columns(int(call.env.get("COLUMNS") or 80)))
        return 0
    status = 0
    for pattern in words:
        status |= await _tell(call, pattern, forms)
    return status


async def _tell(call: Call, pattern: str, forms: str) -> int:
    found = _matching(pattern)
    if not found:
        await call.err(
            f"bash: help: no help topics match `{pattern}'.  Try `help help' or "
            f"`man -k {pattern}' or `info {pattern}'.\n"
        )
        return 1
    if set(pattern) & set("*?[") and found[0].name != pattern:
        await call.out(f"Shell commands matching keyword `{pattern}'\n\n")
    for topic in found:
        await call.out(_shown(topic, forms))
    return 0


def _matching(pattern: str) -> list[Topic]:
    exact = [topic for topic in topics() if topic.name == pattern]
    if exact or not pattern:
        return exact
    return [
        topic
        for topic in topics()
        if topic.name.startswith(pattern) or fnmatchcase(topic.name, pattern)
    ]


def _shown(topic: Topic, forms: str) -> str:
    if "d" in forms:
        return f"{topic.name} - {topic.about}\n"
    if "s" in forms:
        return f"{topic.name}: {topic.synopsis}\n"
    if "m" in forms:
        return (
            f"NAME\n    {topic.name} - {topic.about}\n\n"
            f"SYNOPSIS\n    {topic.synopsis}\n\nSEE ALSO\n    bash(1)\n\n"
        )
    return f"{topic.name}: {topic.synopsis}\n    {topic.about}\n"


def _columns(width: int) -> str:
    """Two of them, read downwards; what is longer ends with ``>``."""
    half = max(width, 20) // 2
    rows = (len(topics()) + 1) // 2
    texts = [topic.synopsis for topic in topics()]
    lines = (
        f" {_cut(left, half - 2):<{half - 1}} {_cut(right, half - 3)}".rstrip()
        for left, right in zip(texts[:rows], [*texts[rows:], ""], strict=False)
    )
    return "".join(f"{line}\n" for line in lines)


def _cut(text: str, most: int) -> str:
    return text if len(text) < most else f"{text[: most - 1]}>"
