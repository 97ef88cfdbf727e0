"""``exec`` with redirections alone, where the interpreter would lose what is printed afterwards.

bashkit writes such output when the script ends, and not at all where the stream is given back
(``exec 3>&1; exec >log; ...; exec 1>&3``). So each statement that follows is put in a group with
the redirection of its own, which is written at once: ``{ ...; } >>log``. ShellStreams that are kept
aside (``3>&1``) stay the interpreter's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from owlab.pocket.bash.extra_streams import PRINTED
from owlab.pocket.bash.syntax import Simple, Token
from owlab.pocket.bash.tokens import commands, statements

LEADS = re.compile(r"(^|[\s;&|({])exec\s+[^\n]*>", re.M)
LEAD, ENDS = "__owlab_lead", "__owlab_ends"
FUNCTION = (
    LEAD + "() { if [ $# != 3 ]; then "
    'echo "bash: ambiguous redirect" >&2; return 1; fi; '
    'case $2 in 2*) printf -v "$1" /dev/stderr;; *) printf -v "$1" /dev/stdout;; esac; '
    'case $2 in *">>") : >> "$3";; *) : > "$3";; esac || return 1; '
    'case "$3" in /*) printf -v "$1" %s "$3";; *) printf -v "$1" %s "$PWD/$3";; esac; }; '
)
"""Open a file, and keep where it is: the script may go elsewhere."""
SENTENCE = (
    "exec that gives a stream back stands at the top of a script in the pocket lab, and not within "
    "if, a loop or a function"
)
SIGN = re.compile(r"(\d*)(&>>|&>|<<<|<<-?|<>|>>|>\||[<>]&|<|>)")
TERMINAL = ("/dev/tty", "/dev/stdout", "/dev/fd/1")


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where a stream leads: ``std`` to one of the shell's own, ``fd`` to another, ``file``."""

    kind: str
    name: str

    def shown(self, number: int) -> str:
        """As the redirection of a group."""
        if self.kind == "file":
            return f'{number}>>"${self.name}"'
        return f"{number}>&{self.name}"


OUT, ERR = StreamPlace("std", "1"), StreamPlace("std", "2")


class ShellStreams:
    """Where a shell's streams lead now."""

    def __init__(self) -> None:
        self.places: dict[int, StreamPlace] = {1: OUT, 2: ERR}
        self._files = 0

    @property
    def own(self) -> bool:
        """Nothing was led elsewhere."""
        return self.places[1] == OUT and self.places[2] == ERR

    def redirections(self, own: frozenset[int] = frozenset()) -> str:
        """Those of a group; without those that its one command has of its own."""
        out = OUT if 1 in own else self.places[1]
        err = ERR if 2 in own else self.places[2]
        if out == err and out.kind == "file":
            return f"{out.shown(1)} 2>&1"
        told = [f"{err.shown(2)}"] if err not in (ERR,) else []
        if out != OUT:
            # What leads to the other one goes before that is led away.
            told.insert(0 if out == ERR or err != OUT else len(told), out.shown(1))
        return " ".join(told)

    def file(self) -> StreamPlace:
        """A new file's."""
        self._files += 1
        return StreamPlace("file", f"__owlab_led{self._files}")


def led(script: str, streams: ShellStreams | None = None) -> str:
    """The script, with what it prints led where it wants it."""
    streams = streams or ShellStreams()
    if streams.own and not LEADS.search(script):
        return script
    found = commands(script)
    moving = [one for one in found if _alone(one) and _moves(one)]
    if streams.own and not moving:
        return script
    if moving and (traps := [edit for one in found if (edit := _at_end(one)) is not None]):
        for start, end, text in sorted(traps, reverse=True):
            script = script[:start] + text + script[end:]
        found = commands(script)
        moving = [one for one in found if _alone(one) and _moves(one)]
    parts = statements(script)
    whole = {(at.start, at.end) for at in parts}
    top = [one for one in moving if one.top and _span(one) in whole]
    if any(_gives_back(one) for one in moving if one not in top):
        return f"echo 'bash: {SENTENCE}' >&2; (exit 2)"
    if streams.own and not top:
        return script
    execs = {_span(one)[0]: one for one in found if _alone(one) and one.top and _span(one) in whole}
    # bashkit forgets where a function's `>&3` leads within a group that is redirected itself.
    singles = {_span(one): _own(one) for one in found if one.top and one.words}
    pieces: list[str] = []
    at = 0
    for statement in parts:
        pieces.append(script[at : statement.start])
        text = script[statement.start : statement.end]
        if statement.start in execs:
            pieces.append(_opened(execs[statement.start], streams))
            at = statement.end
        elif streams.own:
            pieces.append(text)
            at = statement.end
        else:
            at = statement.end
            tail = script[at : statement.next]
            line = "\n" in tail or statement.next == len(script)
            pieces.append(f"{{ {text}")
            # A comment or a here-document may end the line: the bracket goes behind it.
            pieces.append(f"{tail if line else ';'}{'' if tail or not line else chr(10)}")
            own = singles.get((statement.start, statement.end), frozenset())
            pieces.append(f"}} {streams.redirections(own)}{'; ' if line else ' ' + tail}")
            at = statement.next
    return "".join([*pieces, script[at:]])


def _at_end(simple: Simple) -> tuple[int, int, str] | None:
    """A trap of EXIT that prints where the streams lead then."""
    words = [word.text for word in simple.words]
    if words[:1] != ["trap"] or words[1:2] in (["-"], ["-p"], ["''"], []):
        return None
    if not {"EXIT", "0"} & set(words[2:]):
        return None
    action = re.sub(r";?\s*(['\"])$", r"\1", words[1])
    between = "\n" if "#" in action or action.rstrip("'\"").endswith("&") else "; "
    led = f'>>"${{{ENDS}1:-/dev/stdout}}" 2>>"${{{ENDS}2:-/dev/stderr}}"'
    text = f"'{{ '{action}'{between}}} {led}'"
    return simple.words[1].start, simple.words[1].end, text


def _alone(simple: Simple) -> bool:
    return simple.name == "exec" and len(simple.words) == 1 and bool(simple.redirections)


def _span(simple: Simple) -> tuple[int, int]:
    ends = [simple.words[-1].end, *(to.end for _, to in simple.redirections)]
    return simple.words[0].start, max(ends)


def _own(simple: Simple) -> frozenset[int]:
    """The streams that a command leads somewhere itself."""
    numbers: set[int] = set()
    for sign, _ in simple.redirections:
        number, operator = _read(sign)
        numbers |= {1, 2} if operator[0] == "&" else {number}
    return frozenset(numbers & {1, 2})


def _read(sign: Token) -> tuple[int, str]:
    found = SIGN.fullmatch(sign.text)
    number, operator = (found[1], found[2]) if found is not None else ("", sign.text)
    return int(number) if number else 0 if operator[0] == "<" else 1, operator


def _moves(simple: Simple) -> bool:
    """It leads standard output or errors elsewhere."""
    return any(
        (number in (1, 2) and operator[0] != "<") or operator[0] == "&"
        for number, operator in (_read(sign) for sign, _ in simple.redirections)
    )


def _gives_back(simple: Simple) -> bool:
    return any(
        _read(sign)[0] in (1, 2) and sign.text.endswith(">&") and to.text.rstrip("-") not in "12"
        for sign, to in simple.redirections
    )


def _opened(simple: Simple, streams: ShellStreams) -> str:
    """What stands in place of an `exec`."""
    done: list[str] = []
    for sign, to in simple.redirections:
        number, operator = _read(sign)
        word = to.text
        dup = operator in (">&", "<&") and re.fullmatch(r"\d*-?", word) is not None
        if dup:
            done += _joined(streams, number, word, operator)
        elif operator[0] == "<" or (number > 2 and operator[0] != "&"):
            done.append(f"exec {sign.text}{word}")
            streams.places[number] = StreamPlace("fd", str(number))
        else:
            place = OUT if word in TERMINAL else streams.file()
            if place is not OUT:
                how = f"'{number}{'>>' if operator.endswith('>>') else '>'}'"
                done.append(f"{LEAD} {place.name} {how} {word}")
            both = operator[0] == "&" or operator == ">&"
            streams.places.update(dict.fromkeys((1, 2) if both else (number,), place))
    done += [
        f'{ENDS}{number}="${place.name}"' if place.kind == "file" else f"{ENDS}{number}="
        for number, place in ((one, streams.places[one]) for one in (1, 2))
    ]
    return "; ".join(done)


def _joined(streams: ShellStreams, number: int, word: str, operator: str) -> list[str]:
    """``N>&M``, ``N>&M-`` and ``N>&-``."""
    source, places = word.rstrip("-"), streams.places
    own = number in (1, 2)
    if not source:
        places[number] = StreamPlace("fd", "-")
        return [] if own else [f"exec {number}{operator}-"]
    place = places.get(int(source), StreamPlace("fd", source))
    places[number] = place
    after = []
    if word.endswith("-") and int(source) > 2:
        places.pop(int(source), None)
        after = [f"exec {source}>&-"]
    if own:
        # Closed only when nothing leads there any more.
        return after if place.kind == "std" else []
    if place.kind == "file":
        return [f'exec {number}>>"${place.name}"', *after]
    if place.kind == "std":
        return [f"exec {number}>>{PRINTED[place.name]}", *after]
    return [f"exec {number}{operator}{place.name}", *after]
