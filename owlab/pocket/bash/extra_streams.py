"""``3>&1``: a stream kept aside, where the interpreter would lose it or mix it up.

bashkit's third descriptor leads well to a file. To where the shell itself prints it leads nowhere
in a group, and in ``$(...)`` to what is captured. So it leads to a file of the session, and what is
written there is printed.
"""

from __future__ import annotations

import re
import shlex

from owlab.pocket.bash.syntax import Simple, Token
from owlab.pocket.bash.tokens import commands, statements

PRINTED = {"1": "/dev/__owlab_out", "2": "/dev/__owlab_err"}
"""Files that are printed: to standard output, and to errors."""
KEPT_ASIDE = re.compile(r"[3-9]>&\s*[12]\b")
CLOSING = ("", "}", "done", "fi", "esac")
BEGIN = '"__OWLAB_SHELLS=${__OWLAB_SHELLS@Q};$__OWLAB_SHELLS"'
"""What a child's script begins with: the functions of the shells, for its own children as well."""
APART, TURN = "__owlab_apart", "__owlab_turn"
SENTENCE = (
    "a descriptor above 2 that leads to where the shell prints is set at the top of a script in "
    "the pocket lab, and not within a function, a loop or a substitution"
)

SWAPPED = "only the streams of a single command change places in the pocket lab"

Edit = tuple[int, int, str]
Redirection = tuple[Token, Token]


def aside(script: str) -> str:
    """The script of a session, with such streams led to its files."""
    led = "/dev/__owlab_" in script
    if not led and not KEPT_ASIDE.search(script):
        return script
    edits: list[Edit] = [edit for one in commands(script) for edit in _in_turn(one)]
    ends = {one.end: one.start for one in statements(script)}
    for simple in commands(script):
        found = [one for one in simple.redirections if _kept(one)]
        if not found or not _shared(script, simple):
            continue
        if simple.name == "exec":
            edits += [(sign.start, to.end, _led(sign, to)) for sign, to in found]
            continue
        end = max(to.end for _, to in simple.redirections)
        if end not in ends:
            return _refused(SENTENCE)
        if any(sign.text in (">&", "1>&") and to.text == "2" for sign, to in simple.redirections):
            return _refused(SWAPPED)
        opened = " ".join(_led(sign, to) for sign, to in found)
        numbers = " ".join(f"{sign.text[:-2]}>&-" for sign, _ in found)
        edits += [(sign.start, to.end, "") for sign, to in found]
        edits.append((ends[end], ends[end], f"{{ exec {opened}; "))
        edits.append((end, end, f"; __owlab_ended=$?; exec {numbers}; (exit $__owlab_ended); }}"))
    if not led and all(text.startswith((f"{{ {TURN}", "; }")) for _, _, text in edits):
        return script
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _in_turn(simple: Simple) -> list[Edit]:
    """A command that prints to one: it lets what was printed before go first."""
    to = [sign for sign, _ in simple.redirections if re.fullmatch(r"[12]?>&", sign.text)]
    led = [word.text for _, word in simple.redirections if word.text in "3456789"]
    if not (to and led and simple.words) or simple.name in (*CLOSING, "exec"):
        return []
    return [
        (simple.start, simple.start, f"{{ {TURN} $? && :; "),
        (simple.end, simple.end, "; }"),
    ]


def _refused(sentence: str) -> str:
    return f"echo 'bash: {sentence}' >&2; (exit 2)"


def apart(script: str) -> str:
    """A child's script, which a session of its own runs where it needs its files."""
    if aside(script) == script:
        return script
    return f'{APART} "$-" {shlex.quote(script)} "$0" "$@"'


def _kept(redirection: Redirection) -> bool:
    sign, to = redirection
    return re.fullmatch(r"[3-9]>&", sign.text) is not None and to.text in PRINTED


def _led(sign: Token, to: Token) -> str:
    return f"{sign.text[:-2]}>>{PRINTED[to.text]}"


def _shared(script: str, simple: Simple) -> bool:
    """Others take part in it: a group's commands, a function's, or all that follow an `exec`."""
    if simple.name in CLOSING or (simple.name == "exec" and len(simple.words) == 1):
        return True
    name = re.escape(simple.name)
    defined = rf"(?:^|[\s;])(?:function\s+{name}\b|{name}\s*\(\))"
    return re.search(defined, script) is not None
