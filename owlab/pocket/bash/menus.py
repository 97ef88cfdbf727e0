"""``select``: bashkit's shows no menu and no prompt, so that it is a ``while`` that shows them.

What is typed is read where the loop stands: bashkit gives each call of a function the whole of its
standard input again.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import commands

MENU = re.compile(r"(^|[\s;&|({])select\s", re.M)
SHOW = "__owlab_menu"
FUNCTIONS = (
    '__owlab_ask() { [ "${!1-}" = 1 ] || { local known=$1; shift; __owlab_menu "$@"; '
    'printf -v "$known" 1; }; printf %s "${PS3-#? }" >&2; }; '
    '__owlab_again() { if [ "$1" != 0 ]; then echo; printf -v "$2" end; return 1; fi; '
    '[ -z "$REPLY" ] && printf -v "$2" 0; }; '
    '__owlab_chosen() { local name=$1 known=$2; shift 2; [ "${!known}" != end ] || return 1; '
    "if [[ $REPLY =~ ^[0-9]+$ ]] && ((REPLY > 0 && REPLY <= $#)); "
    'then printf -v "$name" %s "${!REPLY}"; else printf -v "$name" %s ""; fi; }; '
)
"""The menu and the prompt; whether nothing was said; and what was chosen."""


def shown(script: str) -> str:
    """The script, with each ``select`` as such a loop."""
    edits = []
    for number, simple in enumerate(commands(script)):
        words = [word.text for word in simple.words]
        if words[:1] != ["select"] or len(words) < 2 or words[2:3] not in ([], ["in"]):
            continue
        start, end = simple.words[0].start, simple.words[-1].end
        name, known = words[1], f"__owlab_shown{number}"
        of = script[simple.words[2].end : end] if len(words) > 2 else ' "$@"'
        asks = f"while __owlab_ask {known}{of}; read -r REPLY; __owlab_again $? {known}; do :; done"
        loop = f"{known}=0; while {asks}; __owlab_chosen {name} {known}{of}"
        edits.append((start, end, loop))
    if not edits:
        return script
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return FUNCTIONS + script
