"""Questions about files that the interpreter answers without looking at rights.

bashkit's ``-r``, ``-w``, ``-O`` and ``-G`` are true of every file, ``-ef`` compares names, in
``[[ ]]`` ``-nt`` looks in the root directory, what `cd` may not enter is not there for ``-d``, and
no name at all is something for ``-s``.
In a script that asks them the question is put to a program of ours, which knows the user:
``[[ -r f ]]`` becomes ``[[ -n $(path=f ... -r) ]]``. It is an assignment, because a word there is
expanded as it is in ``[[ ]]``.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.syntax import Simple, Token
from owlab.pocket.bash.tokens import commands

FIRST, SECOND = "__owlab_path", "__owlab_other"
ASK = "__owlab_may"
TEXT = "__owlab_rewritten"
SOURCED = "__owlab_sourced"
BINARY = frozenset(["-ef", "-nt", "-ot"])
COMPARES = (
    frozenset(["=", "==", "!=", "<", ">", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"]) | BINARY
)
ASKED = re.compile(r"(^|[\s'\"])(-[rwxOGNdepcbsS]|-ef|-nt|-ot)\s|(^|[\s;&|({])(\.|source)\s", re.M)
"""What a script has somewhere that may need this."""
BY_RIGHTS = frozenset(
    [*("-r", "-w", "-x", "-O", "-G", "-N", "-d", "-e"), *("-p", "-c", "-b", "-s", "-S")]
)

Edit = tuple[int, int, str]


def asked(script: str) -> str:
    """The script, with such questions put to the program."""
    edits: list[Edit] = []
    for simple in commands(script):
        edits += _edits(simple)
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _edits(simple: Simple) -> list[Edit]:
    words = simple.words
    if simple.name == "[[":
        return _questions(words[1:-1], "[[")
    if simple.name == "[" and words[-1].text == "]":
        return _questions(words[1:-1], "[")
    if simple.name == "test":
        return _questions(words[1:], "test")
    if simple.name in (".", "source") and len(words) > 1 and words[1].text[:2] not in ("<(", "--"):
        return _around(words[1], f'"$({FIRST}=', f' {SOURCED})"')
    if simple.name == "eval" and any(_hides(word.text) for word in words[1:]):
        return [
            (words[1].start, words[1].start, f'"$({TEXT} '),
            (words[-1].end, words[-1].end, ')"'),
        ]
    return []


def _hides(word: str) -> bool:
    """A word of `eval` that asks something, or nobody knows."""
    return bool(ASKED.search(word)) or (word[0] != "'" and ("$" in word or "`" in word))


def _questions(words: list[Token], command: str) -> list[Edit]:
    """In `[` words are split and may vanish, as they may there."""
    quote, first, second, last = ("", f"{FIRST}=", f" {SECOND}=", f" {ASK} ")
    if command != "[[":
        quote, first, second, last = ('"', f"{ASK} [ ", " ", " ")
    edits: list[Edit] = []
    at = 0
    while at < len(words):
        word = words[at]
        left, right = words[at : at + 1], words[at + 2 : at + 3]
        middle = words[at + 1].text if at + 1 < len(words) else ""
        if middle in COMPARES and right:
            if middle in BINARY:
                edits += [
                    (left[0].start, left[0].start, f"-n {quote}$({first}"),
                    (left[0].end, right[0].start, second),
                    (right[0].end, right[0].end, f"{last}{middle}){quote}"),
                ]
            at += 3
        elif word.text in BY_RIGHTS and at + 1 < len(words) and not words[at + 1].operator:
            name = words[at + 1]
            edits += [
                (word.start, name.start, f"-n {quote}$({first}"),
                (name.end, name.end, f"{last}{word.text}){quote}"),
            ]
            at += 2
        else:
            at += 1
    return edits


def _around(word: Token, before: str, after: str) -> list[Edit]:
    return [(word.start, word.start, before), (word.end, word.end, after)]
