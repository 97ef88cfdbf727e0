"""Where a script reads the terminal: there the lab asks for a line, when it is wanted.

bashkit gives a script its whole input at once. A terminal has none until somebody types it, so each
command that reads it asks by itself: ``read name`` becomes ``read name < <(ask)``, and programs of
ours are told by a variable that the terminal is theirs. What reads a pipe, a file or a
here-document is left alone. The variable says so to functions, which may be called either way.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.enclosures import TERMINAL
from owlab.pocket.bash.syntax import Simple
from owlab.pocket.bash.tokens import commands

HERE = "__owlab_tty"
"""Set where standard input is the terminal."""
LINE = "__owlab_line"
"""The program that asks for a line, with the words of `read`; ``--all`` for all of them."""
SHOWN = "__owlab_out"
"""Set where what a program prints goes to the terminal."""
SHOWS = frozenset(
    (
        *("ls", "ll", "la", "l", "grep", "egrep", "fgrep", "tree", "git", "sudo"),
        *("less", "more", "pager", "man", "top", "htop", "journalctl"),
    )
)
"""Who prints otherwise there."""
TOLD = f"{HERE}=${HERE} "
ELSEWHERE = f"{HERE}= "
BUILTINS = ("read", "mapfile", "readarray")
OWN_INPUT = re.compile(r"-[a-zA-Z]*u\d*")
FILTERS = {
    **dict.fromkeys(("sort", "wc", "nl", "tac", "rev", "uniq", "fold", "fmt", "shuf"), 0),
    **dict.fromkeys(("md5sum", "sha1sum", "sha256sum", "base64", "od", "paste", "column"), 0),
    **dict.fromkeys(("sed", "awk", "jq"), 1),
}
"""Tools that the interpreter brings, and how many words they take before they read the terminal."""
PROMPT = re.compile(r"-[a-oq-zA-Z]*p")
UNSURE = re.compile(r"[$`*?]")


def asking(
    script: str, readers: frozenset[str], plain: frozenset[str], *, shows: bool = False
) -> str:
    """The script, for a shell at a terminal.

    :param readers: programs that may read their standard input, and want to be told.
    :param plain: those that never ask, the interpreter's own.
    :param shows: what it prints at its top goes to the terminal.
    """
    edits: list[tuple[int, int, str]] = []
    last = 0
    for simple in sorted(commands(script), key=_place):
        # What stands within another that is put in other words is asked for by that one.
        if not simple.words or simple.start >= last:
            new = _edits(script, simple, readers, plain)
            if shows and simple.name in SHOWS and _is_shown(script, simple):
                at = simple.words[0].start
                new = [*new, (at, at, f"{SHOWN}=1 ")]
            edits += new
            last = max([last, *(end for _, end, _ in new)])
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _place(simple: Simple) -> tuple[int, int]:
    """What stands around another comes first."""
    if not simple.words:
        return min(sign.start for sign, _ in simple.redirections), 0
    return simple.start, -simple.end


def _edits(
    script: str, simple: Simple, readers: frozenset[str], plain: frozenset[str]
) -> list[tuple[int, int, str]]:
    named = [(s, to) for s, to in simple.redirections if to.text == TERMINAL and s.text == "<"]
    name = simple.name
    if name in BUILTINS or (name in FILTERS and _reads(simple)):
        own = name in BUILTINS and any(OWN_INPUT.fullmatch(w.text) for w in simple.words[1:])
        if own or (simple.fed and not named):
            return []
        return [(simple.start, simple.end, _asked(script, simple, bool(named)))]
    edits = [(sign.start, to.end, "") for sign, to in named]
    edits += [
        (to.start, to.end, "/dev/stderr")
        for sign, to in simple.redirections
        if to.text == TERMINAL and ">" in sign.text
    ]
    if not simple.words:
        return edits
    at = simple.words[0].start
    if name in readers or "/" in name:
        told = f"{HERE}=1 " if named else ELSEWHERE if simple.fed else TOLD
        return [(at, at, told), *edits]
    if simple.fed and not named and name not in plain and re.fullmatch(r"[\w.-]+", name):
        return [(at, at, ELSEWHERE), *edits]  # perhaps a function
    return edits


def _is_shown(script: str, simple: Simple) -> bool:
    away = any(">" in sign.text and sign.text[0] != "2" for sign, _ in simple.redirections)
    after = script[simple.end :].lstrip(" \t")
    return simple.top and not away and not re.match(r"\|(?!\|)|&(?!&)", after)


def _asked(script: str, simple: Simple, always: bool) -> str:
    """A command that reads lines, from the terminal; where that is not sure, by the variable."""
    name = simple.words[0]
    words = script[name.end : simple.words[-1].end] if name.text == "read" else " --all"
    text = script[simple.start : simple.end]
    asked = f"{text} < <({HERE}=1 {LINE}{words})"  # the later one of two redirections counts
    if any(PROMPT.match(word.text) for word in simple.words[1:]):
        # Not within <(...), where it would come before what was printed earlier.
        asked = f"{LINE} --prompt{words} && {asked}"
    if always:
        return f"{{ {asked}; }}"
    return f'{{ if [ -n "${HERE}" ]; then {asked}; else {text}; fi; }}'


def _reads(simple: Simple) -> bool:
    """It names no file."""
    words = [word.text for word in simple.words[1:]]
    if any(UNSURE.match(word) for word in words):
        return False
    named = [word for word in words if not word.startswith("-")]
    most = FILTERS[simple.name]
    if simple.name == "sed" and any(re.match(r"-[a-zA-Z]*[ef]", word) for word in words):
        most = 0
    return len(named) == most
