"""``${BASH_SOURCE[0]}`` of a script: the interpreter is given its text, and not its file."""

from __future__ import annotations

import re

OWN = re.compile(r"\$(\{)?BASH_SOURCE(?(1)(?:\[(?:0|1|-1)\])?(?=[}:%#/,^-])|(?![\w\[]))")


def of_file(script: str) -> str:
    """The text of a script's file, which is ``$0`` to the shell that runs it."""
    return OWN.sub(lambda found: "${0" if found[1] else "$0", script)
