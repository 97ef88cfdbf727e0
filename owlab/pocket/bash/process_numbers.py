"""Process numbers: ``$$``, ``$BASHPID`` and ``$PPID``, and ``kill`` of the shell itself.

The interpreter takes itself for process 1. A session has a number of the machine's table, which is
written in place of such words; a child shell has its session's.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import commands, numbers

NUMBERED = re.compile(r"\$\$|\$\{?(?:BASHPID|PPID)\b|\bkill\b")
SIGNAL = "__owlab_signal"
FUNCTION = (
    SIGNAL + "() { local __own=$1 __word __mine= __signal=TERM; shift; __owlab_words=(); "
    'for __word; do if [ "$__word" = "$__own" ]; then __word=1 __mine=1; fi; '
    '__owlab_words+=("$__word"); done; '
    'if [ -z "$__mine" ] && __owlab_has_process "$@"; then __owlab_kill "$@"; __owlab_ended=$?; '
    "return 1; fi; "
    "case $1 in -s|-n) __signal=$2;; -[0-9A-Z]*) __signal=${1#-};; esac; "
    '__signal=${__signal#SIG}; if [ -n "$__mine" ]; then case $__signal in '
    "0|CONT|CHLD|WINCH|URG|17|18|23|28) ;; "
    '*) [ -n "$(trap -p "$__signal")" ] || builtin exit $((128 + $(__owlab_number $__signal)));; '
    "esac; fi; return 0; }; "
)
"""What no trap catches ends the shell."""
SENT = '; then kill "${__owlab_words[@]}"; else (exit $__owlab_ended); fi'


def numbered(script: str, pid: int, *, kills: bool = True) -> str:
    """The script, with the numbers of a session.

    :param kills: its `kill` is not a function of the terminal's already.
    """
    if not NUMBERED.search(script):
        return script
    edits = [(at, end, _number(name, pid)) for at, end, name in numbers(script)]
    for simple in commands(script) if kills else []:
        if simple.name == "kill" and len(simple.words) > 1 and simple.words[1].text != "--help":
            word, last = simple.words[0], simple.words[-1]
            # The interpreter's own is not called in a function, where a trap could not leave.
            edits += [(word.start, word.end, f"if {SIGNAL} {pid}"), (last.end, last.end, SENT)]
    for start, end, text in sorted(edits, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def _number(name: str, pid: int) -> str:
    if name == "PPID":
        return str(pid - 1)
    # A subshell has another number than its shell.
    first = 1003
    return str(pid) if name == "$" else f"$(({pid} + BASHPID - {first}))"
