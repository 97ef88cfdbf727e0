"""`history` and `fc`: what was typed in a terminal's shell."""

from __future__ import annotations

from owlab.pocket.machines.typed_history import FILE, TypedHistory
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint

FUNCTIONS = 'history() { __owlab_history "$@"; }; fc() { __owlab_fc "$@"; }; '
"""Shell text that each shell of a machine starts with."""
USAGE = "history: usage: history [-c] [-d offset] [n] or history -anrw [filename]\n"


def _typed(call: Call) -> TypedHistory:
    shell = call.session
    while shell is not None and not shell.tty:
        shell = shell.parent
    return shell.history if shell is not None else TypedHistory()


@program("__owlab_history", machines="all")
async def history(call: Call) -> int:
    """The lines, or the last N; ``-c`` forgets, ``-d N``, ``-a -r -w -n`` for the file."""
    typed, words = _typed(call), list(call.argv)
    path = call.path(words[1] if words[1:] else call.env.get("HISTFILE", f"{call.home}/{FILE}"))
    match words[:1]:
        case ["-c"]:
            typed.clear()
        case ["-d"]:
            _forget(typed, words[1] if words[1:] else "")
        case ["-a"]:
            typed.save(call.fs, path)
        case ["-w"]:
            typed.write(call.fs, path)
        case ["-r"] | ["-n"]:
            typed.load(call.fs, path)
        case [] | ["--"]:
            await _listed(call, typed, 1)
        case [count] if count.isdecimal():
            await _listed(call, typed, max(len(typed.lines) - int(count), 0) + 1)
        case [other] if other.startswith("-"):
            raise Complaint(f"bash: history: {other}: invalid option\n{USAGE}", 2)
        case [other]:
            raise Complaint(f"bash: history: {other}: numeric argument required\n")
    return 0


async def _listed(call: Call, typed: TypedHistory, first: int) -> None:
    for number, line in enumerate(typed.lines[first - 1 :], first):
        await call.out(f"{number:5}  {line}\n")


def _forget(typed: TypedHistory, word: str) -> None:
    first, dash, last = word.partition("-") if not word.startswith("-") else (word, "", "")
    try:
        begin = int(first)
        begin = begin if begin > 0 else len(typed.lines) + begin + 1
        end = int(last) if dash else begin
    except ValueError:
        begin = end = 0
    if not 0 < begin <= end <= len(typed.lines):
        raise Complaint(f"bash: history: {word}: history position out of range\n")
    typed.forget(begin, end)


@program("__owlab_fc", machines="all")
async def fc(call: Call) -> int:
    """``-l [FIRST [LAST]]`` lists, ``-n`` without numbers, ``-r`` newest first."""
    flags = "".join(w[1:] for w in call.argv if w[:1] == "-" and not w[1:].isdecimal())
    words = [word for word in call.argv if word[:1] != "-" or word[1:].isdecimal()]
    if "l" not in flags:
        raise Complaint("bash: fc: in the pocket lab it lists only: fc -l; Ctrl-R finds a line\n")
    lines = _typed(call).lines[:-1]
    first = _place(lines, words[0] if words else "-16")
    last = _place(lines, words[1]) if words[1:] else len(lines)
    chosen = [(number, lines[number - 1]) for number in range(first, last + 1)]
    for number, line in reversed(chosen) if "r" in flags else chosen:
        await call.out(f"\t {line}\n" if "n" in flags else f"{number}\t {line}\n")
    return 0


def _place(lines: list[str], word: str) -> int:
    if word.lstrip("-").isdecimal():
        number = int(word)
        return min(max(number if number > 0 else len(lines) + number + 1, 1), len(lines))
    for number in range(len(lines), 0, -1):
        if lines[number - 1].startswith(word):
            return number
    raise Complaint("bash: fc: no command found\n")
