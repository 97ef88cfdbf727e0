"""``!!`` and its like: what was typed before, in what is typed now."""

from __future__ import annotations

import re
from collections.abc import Sequence

from owlab.pocket.bash.lines import in_heredocs

EVENT = re.compile(
    r"!(?:(?P<last>!)|(?P<word>[$^*])|(?P<back>-\d+)|(?P<number>\d+)|\?(?P<inside>[^?\n]+)\??"
    r"|(?P<start>[A-Za-z_./][\w./-]*))(?P<words>:(?:[$^*]|\d+(?:-\d+)?))?(?P<print>:p)?"
)
QUICK = re.compile(r"\^([^^]+)\^([^^]*)\^?\s*")
_OPERATOR = (
    r"\d*[<>]&(?:\d+|-)?|\d*(?:<<[<-]?|>>|<>|>\||[<>](?!\())"
    r"|&[>&]|\|[|&]|;;&?|;&|[;&|()]"
)
_NESTED = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
_QUOTED = rf"""\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|`[^`]*`?|[$<>]\({_NESTED}\)"""
_WORD = re.compile(rf"(?:{_OPERATOR})|(?:{_QUOTED}|[^\s;&|()<>\\\"'`])+", re.DOTALL)
"""A word as bash's history has it: as it was typed, with its quotes; an operator is one too."""


class NoEvent(Exception):
    """Nothing of the kind was typed; the message is bash's, and names what was asked for."""


def recalled(text: str, earlier: Sequence[str]) -> tuple[str, bool]:
    """The text with what it recalls, and whether it is only to be shown.

    :param earlier: what was typed before, oldest first.
    """
    if quick := QUICK.fullmatch(text):
        if not earlier or quick[1] not in earlier[-1]:
            raise NoEvent(f":s{text.strip()}: substitution failed")
        return earlier[-1].replace(quick[1], quick[2], 1), False
    if "!" not in text:
        return text, False
    lines = text.split("\n")
    whole, only_shown, quote = [], False, ""
    # What a here-document holds, bash reads without looking for events.
    for line, kept in zip(lines, in_heredocs(lines)[0], strict=True):
        shown = False
        if not kept:
            line, shown, quote = _recalled_line(line, quote, earlier)
        whole.append(line)
        only_shown = only_shown or shown
    return "\n".join(whole), only_shown


def _recalled_line(line: str, quote: str, earlier: Sequence[str]) -> tuple[str, bool, str]:
    """A line with what it recalls, whether it is only to be shown, and the quote left open."""
    out, at, only_shown = [], 0, False
    while at < len(line):
        char = line[at]
        if char == "\\" and quote != "'":
            out.append(line[at : at + 2])
            at += 2
            continue
        if not quote and char == "#" and (at == 0 or line[at - 1] in " \t;&|("):
            out.append(line[at:])  # a comment
            break
        if quote != "'" and (found := _found(line, at)):
            out.append(_event(found, earlier))
            only_shown = only_shown or bool(found["print"])
            at = found.end()
            continue
        if char == quote:
            quote = ""
        elif char in "'\"" and not quote:
            quote = char
        out.append(char)
        at += 1
    return "".join(out), only_shown, quote


def _found(line: str, at: int) -> re.Match[str] | None:
    return None if line[at] != "!" or line[at - 1 : at] in ("$", "{") else EVENT.match(line, at)


def _event(found: re.Match[str], earlier: Sequence[str]) -> str:
    line = _line(found, earlier)
    words = found["words"] or ""
    if line is None:
        asked = found[0].removesuffix(found["print"] or "").removesuffix(words)
        raise NoEvent(f"{asked}: event not found")
    chosen = found["word"] or words[1:]
    if not chosen:
        return line
    some = _words(line, chosen)
    if some is None:
        raise NoEvent(f"{words or chosen}: bad word specifier")
    return some


def _line(found: re.Match[str], earlier: Sequence[str]) -> str | None:
    if found["last"] or found["word"]:
        return earlier[-1] if earlier else None
    if found["back"] or found["number"]:
        number = int(found["back"] or found["number"])
        place = number if number < 0 else number - 1
        return earlier[place] if -len(earlier) <= place < len(earlier) else None
    start, inside = found["start"], found["inside"]
    fits = (
        line
        for line in reversed(earlier)
        if line.startswith(start or "") and (inside or "") in line
    )
    return next(fits, None)


def _words(line: str, chosen: str) -> str | None:
    """These words of a line; None where it has not so many."""
    words: list[str] = []
    for found in _WORD.finditer(line):
        if found[0].startswith("#"):
            break  # a comment
        words.append(found[0])
    if chosen == "$":
        return words[-1] if words else None
    if chosen == "*":
        return " ".join(words[1:])
    first, _, last = ("1" if chosen == "^" else chosen).partition("-")
    begin, end = int(first), int(last or first)
    return " ".join(words[begin : end + 1]) if begin <= end < len(words) else None
