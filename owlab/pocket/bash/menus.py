"""``select``: bashkit's shows no menu and no prompt, so that it is a ``while`` that shows them.

What is typed is read where the loop stands, and not in a function: bashkit gives each call of one
the whole of its standard input again.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import commands

MENU = re.compile(r"(^|[\s;&|({])select\s", re.M)
SHOW = "__owlab_menu"
PROMPT = re.compile(r"-[a-oq-z]*p")
LOOP = (
    "{known}=0 {words}=({of} ); while while [ ${known} = 0 ] && "
    '{show} "${{{words}[@]}}" </dev/null; '
    '{known}=1; printf %s "${{PS3-#? }}" >&2; if read -r REPLY; then [ -z "$REPLY" ] && {known}=0; '
    "else {known}=end; echo; false; fi; do :; done; [ ${known} != end ] && "
    "if [[ $REPLY =~ ^[0-9]+$ ]] && ((REPLY > 0 && REPLY <= ${{#{words}[@]}})); "
    'then {name}="${{{words}[REPLY - 1]}}"; else {name}=; fi'
)
"""Builtins only: before a function bashkit reads all of the input that there will be."""


def shown(script: str) -> str:
    """The script, with each ``select`` as such a loop."""
    edits = []
    for number, simple in enumerate(commands(script)):
        words = [word.text for word in simple.words]
        if words[:1] != ["select"] or len(words) < 2 or words[2:3] not in ([], ["in"]):
            continue
        start, end = simple.words[0].start, simple.words[-1].end
        of = script[simple.words[2].end : end] if len(words) > 2 else ' "$@"'
        known, kept = f"__owlab_shown{number}", f"__owlab_words{number}"
        loop = LOOP.format(known=known, words=kept, of=of, show=SHOW, name=words[1])
        edits.append((start, end, loop))
    if not edits:
        return script
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def prompted(script: str) -> str:
    """The script for a terminal: what ``read -p`` asks is shown, as bash does there only."""
    edits = []
    for simple in commands(script):
        words = [word.text for word in simple.words]
        flag = next((at for at, one in enumerate(words[1:], 1) if PROMPT.fullmatch(one)), 0)
        taken = any(sign.text.lstrip("0").startswith("<") for sign, _ in simple.redirections)
        if words[:1] != ["read"] or not flag or flag + 1 >= len(words) or taken:
            continue
        first, last = simple.words[flag], simple.words[flag + 1]
        left = first.text[:-1] if len(first.text) > 2 else ""
        start, end = simple.words[0].start, simple.words[-1].end
        edits += [
            (start, start, f"{{ printf %s {last.text} >&2; "),
            (first.start, last.end, left),
            (end, end, "; }"),
        ]
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script
