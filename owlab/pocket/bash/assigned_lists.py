"""``local all="$@"``: a value that is assigned is one word, which the interpreter makes several."""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import commands

DECLARING = frozenset(("export", "declare", "typeset", "local", "readonly"))
MANY = re.compile(r"\b(?:export|declare|typeset|local|readonly)\s[^\n]*=[^\n]*(?:\$@|@\}|\[@\])")
ASSIGNED = re.compile(r"\w+\+?=(?!\()")
EACH = re.compile(r"\$@|\$\{@\}|(\$\{\w+\[)@(\]\})")


def joined(script: str) -> str:
    """The script with ``$*`` for ``$@`` in what such commands assign."""
    edits = [
        (word.start, word.end, EACH.sub(_all, word.text))
        for one in commands(script)
        if one.name in DECLARING
        for word in one.words[1:]
        if ASSIGNED.match(word.text)
    ]
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _all(found: re.Match[str]) -> str:
    return found[0].replace("@", "*")
