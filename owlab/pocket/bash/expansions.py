"""What the interpreter expands otherwise than bash does: put as it can expand it.

In arithmetic it knows a variable's name and not ``${s:1:1}`` or ``${s// /+}``, which become
``$(printf %s "${s:1:1}")``; it splits an unquoted key of an array at its blanks; and of a
here-document without its last line it says that the script ends.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import arrays, calculations, open_documents

COUNTED = re.compile(r"\$\(\(|\(\(")
CHANGED = re.compile(r"\$\{!?\w+(?:\[[^]]*\])?(?::(?![-+=?])|[/^,@])")
KEY = re.compile(r"""(?:(?<=\s)|(?<=\())\[([^]\['"$`\n]*[ \t][^]\['"$`\n]*)\]=""")

Edit = tuple[int, int, str]


def expanded(script: str) -> str:
    """The script, with such expansions put another way."""
    edits: list[Edit] = []
    if COUNTED.search(script) and CHANGED.search(script):
        for start, end in calculations(script):
            edits += _changed(script, start, end)
    if KEY.search(script):
        for start, end in arrays(script):
            # What stands before shows whether a key begins there.
            edits += [
                (one.start(1), one.end(1), f'"{one[1]}"')
                for one in KEY.finditer(script, start - 1, end)
            ]
    for start, end, text in sorted(set(edits), reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _changed(script: str, start: int, end: int) -> list[Edit]:
    """Changed values of variables between two places."""
    edits: list[Edit] = []
    at = start
    while (found := CHANGED.search(script, at, end)) is not None:
        at = _closed(script, found.start() + 2, end)
        text = script[found.start() : at]
        edits.append((found.start(), at, f'$(printf %s "{text}")'))
    return edits


def _closed(script: str, at: int, end: int) -> int:
    """Behind the brace that ends what was begun before."""
    depth = 1
    while at < end and depth:
        if script[at] == "\\":
            at += 1
        else:
            depth += {"{": 1, "}": -1}.get(script[at], 0)
        at += 1
    return at


def closed(script: str, name: str = "bash") -> str:
    """The script, with the last line of a here-document that has none, and bash's warning."""
    missing = open_documents(script) if "<<" in script else []
    if not missing:
        return script
    last = script.rstrip("\n").count("\n") + 1
    warnings = "".join(
        f"{name}: line {last}: warning: here-document at line "
        f"{script.count(chr(10), 0, one.begins) + 1} delimited by end-of-file "
        f"(wanted `{one.delimiter}')\n"
        for one in missing
    )
    quoted = warnings.replace("'", "'\\''")
    ends = "".join(f"{one.delimiter}\n" for one in missing)
    return f"printf %s '{quoted}' >&2; {script}{'' if script.endswith(chr(10)) else chr(10)}{ends}"
