"""``select``: bashkit's shows no menu and no prompt, so that it is a ``while`` that shows them.

What is typed is read where the loop stands, and not in a function: bashkit gives each call of one
the whole of its standard input again.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import commands

MENU = re.compile(r"(^|[\s;&|({])select\s", re.M)
SHOW = "__owlab_menu"
LOOP = (
    "{known}=0 {words}=({of} ); ((${{#{words}[@]}})) || {known}=end; "
    "while while [ ${known} != end ] && {{ [ ${known} = 0 ] && "
    'COLUMNS=$COLUMNS {show} "${{{words}[@]}}" </dev/null; '
    '{known}=1; printf %s "${{PS3-#? }}" >&2; if read -r REPLY; then [ -z "$REPLY" ] && {known}=0; '
    "else {known}=end; echo; false; fi; }}; do :; done; [ ${known} != end ] && "
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
