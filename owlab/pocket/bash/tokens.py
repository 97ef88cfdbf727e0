"""A script's words and where they are: enough of bash's grammar to find its commands.

What is quoted, a comment, or a here-document is not taken for a command. What cannot be read is
left to the interpreter, which says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BLANK = " \t"
OPERATOR = re.compile(r"&>>|&>|<<<|<<-?|<>|>>|>\||[<>]&|<|>|&&|\|\||\|&|;;&|;;|;&|[;&|\n()]")
REDIRECTION = re.compile(r"&>>|&>|<<<|<<-?|<>|>>|>\||[<>]&|<|>")
DEPTHS = {
    **dict.fromkeys(["{", "if", "while", "until", "for", "select", "case"], 1),
    **dict.fromkeys(["}", "fi", "done", "esac"], -1),
}
LEADING = frozenset(["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"])
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")
TERMINAL = "/dev/tty"
UNQUOTED = re.compile(r"['\"\\]")


class Unfinished(Exception):
    """The script ends in the middle of something."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or an operator of a command."""

    start: int
    end: int
    text: str
    operator: bool = False


@dataclass(slots=True)
class Simple:
    """One simple command, or what stands between ``[[`` and ``]]``."""

    words: list[Token] = field(default_factory=list)
    redirections: list[tuple[Token, Token]] = field(default_factory=list)
    """Operators, with a number before them, and where they lead."""
    top: bool = False
    """It stands in no other command."""
    start: int = -1
    """Where it begins, with the variables that are set for it."""
    fed: bool = False
    """It reads a pipe, a file or a here-document, by itself or with what it stands in."""

    @property
    def name(self) -> str:
        """Its first word."""
        return self.words[0].text if self.words else ""

    @property
    def end(self) -> int:
        """Where it ends, with its redirections."""
        return max(token.end for token in (*self.words, *(to for _, to in self.redirections)))


def commands(text: str) -> list[Simple]:
    """All commands of a script, those in its substitutions as well; none where it is no script."""
    reader = _Reader(text)
    try:
        reader.script(0, closed_by="")
    except Unfinished:
        return []
    return reader.found


def top_level(text: str) -> list[Token]:
    """What ends the commands that stand in no other one: ``;``, ``&`` and line ends.

    A line's end has the here-documents that begin on the line with it.
    """
    reader = _Reader(text)
    try:
        reader.script(0, closed_by="")
    except Unfinished:
        return []
    return reader.ends


class _Enclosures:
    """The compound commands around a place, and which of what stands in them reads no terminal."""

    def __init__(self) -> None:
        self._open: list[tuple[bool, list[Simple]]] = []
        self._closed: list[Simple] = []
        self._last: list[Simple] = []
        self.piped = False
        """What begins here is behind a ``|``."""

    def open(self) -> None:
        """A compound command begins."""
        self._open.append((self.piped, []))
        self.piped = False

    def close(self) -> None:
        """One has ended; its redirections may follow."""
        if self._open:
            piped, inside = self._open.pop()
            self._closed = inside
            for simple in inside if piped else ():
                simple.fed = True

    def ended(self, simple: Simple) -> None:
        """A simple command has ended, or the word that closes a compound one."""
        simple.fed = simple.fed or any(
            "<" in sign.text and to.text != TERMINAL for sign, to in simple.redirections
        )
        for inner in self._closed if simple.fed else ():
            inner.fed = True
        self._last, self._closed = [simple, *self._closed], []
        simple.fed, self.piped = simple.fed or self.piped, False
        for _, inside in self._open:
            inside.append(simple)

    def sent_behind(self) -> None:
        """What has ended just now is a job in the background, which reads no terminal either."""
        for simple in self._last:
            simple.fed = True


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._around = _Enclosures()
        self.ends: list[Token] = []
        self.found: list[Simple] = []
        self.documents: list[tuple[bool, str]] = []

    def script(self, at: int, closed_by: str) -> int:
        """Read commands until the closing character; where it is, or the end."""
        text, simple = self.text, Simple()
        subshells = cases = depth = 0
        around = self._around
        target: Token | None = None
        number: Token | None = None

        def ended() -> None:
            nonlocal simple, target
            if simple.words or simple.redirections:
                simple.top = not (closed_by or subshells or depth)
                self.found.append(simple)
            if simple.words or simple.redirections or simple.fed:
                around.ended(simple)
            simple, target = Simple(), None

        while at < len(text):
            char = text[at]
            if char in BLANK:
                at += 1
            elif text.startswith("\\\n", at):
                at += 2
            elif char == "#":
                at = self._line_end(at)
            elif closed_by == "`" and char == "`":
                ended()
                return at
            elif not simple.words and text.startswith("((", at):
                at = self._arithmetic(at + 2)
            elif (found := self._substitution(at)) is not None:
                token, at = found
                if target is None:
                    simple.words.append(token)
                else:
                    simple.redirections.append((target, token))
                target = None
            elif (operator := OPERATOR.match(text, at)) is not None:
                sign, began, at = operator[0], at, operator.end()
                if sign == "\n":
                    at = self._bodies(at)
                if REDIRECTION.fullmatch(sign):
                    if sign in ("<<", "<<-"):
                        at = self._delimiter(at, tabs=sign == "<<-")
                        simple.fed = True
                    else:
                        before = number.text if number is not None else ""
                        began = number.start if number is not None else began
                        target, number = Token(began, at, before + sign, operator=True), None
                    continue
                ended()
                if sign == "&":
                    around.sent_behind()
                around.piped = sign in ("|", "|&") or (around.piped and sign == "\n")
                if sign in (";", "&", "\n") and not (closed_by or subshells or depth):
                    self.ends.append(Token(began, at, sign, operator=True))
                if sign == "(":
                    subshells += 1
                    around.open()
                elif sign == ")":
                    if subshells:
                        subshells -= 1
                        around.close()
                    elif not cases:
                        if closed_by != ")":
                            raise Unfinished
                        return at - 1
            else:
                end = self._word(at)
                word = Token(at, end, text[at:end])
                at = end
                if target is not None:
                    simple.redirections.append((target, word))
                    target = None
                elif word.text.isdigit() and text[end : end + 1] in ("<", ">"):
                    number = word
                elif not simple.words and word.text == "[[":
                    at = self._condition(word)
                elif not simple.words and word.text in LEADING:
                    depth += DEPTHS.get(word.text, 0)
                    if DEPTHS.get(word.text) == 1:
                        around.open()
                elif not simple.words and ASSIGNMENT.match(word.text):
                    simple.start = word.start if simple.start < 0 else simple.start
                    if text[at : at + 1] == "(" and word.text.endswith("="):
                        at = self._array(at + 1)
                else:
                    if not simple.words:
                        cases += {"case": 1, "esac": -1}.get(word.text, 0)
                        depth += (deeper := DEPTHS.get(word.text, 0))
                        if deeper:
                            around.open() if deeper > 0 else around.close()
                        simple.start = word.start if simple.start < 0 else simple.start
                    simple.words.append(word)
        ended()
        if closed_by:
            raise Unfinished
        return at

    def _condition(self, opening: Token) -> int:
        """What stands in ``[[ ... ]]``."""
        simple = Simple([opening])
        at, text = opening.end, self.text
        while at < len(text):
            if text[at] in BLANK + "\n":
                at += 1
            elif text.startswith("\\\n", at):
                at += 2
            elif text[at] == "#":
                at = self._line_end(at)
            elif simple.words[-1].text == "=~":
                end = self._pattern(at)
                simple.words.append(Token(at, end, text[at:end]))
                at = end
            elif (sign := re.compile(r"&&|\|\||[()<>]").match(text, at)) is not None:
                simple.words.append(Token(at, sign.end(), sign[0], operator=True))
                at = sign.end()
            else:
                end = self._word(at, condition=True)
                if end == at:
                    raise Unfinished
                simple.words.append(Token(at, end, text[at:end]))
                at = end
                if simple.words[-1].text == "]]":
                    self.found.append(simple)
                    return at
        raise Unfinished

    def _pattern(self, at: int) -> int:
        """A regular expression: brackets and bars belong to it."""
        depth = 0
        while at < len(self.text):
            char = self.text[at]
            if char in BLANK + "\n" and not depth:
                return at
            depth += {"(": 1, ")": -1}.get(char, 0)
            at = self._piece(at)
        raise Unfinished

    def _word(self, at: int, condition: bool = False) -> int:
        start = at
        while at < len(self.text):
            char = self.text[at]
            if char in BLANK + "\n;&|<>" or (char in "()" and not self._extended(start, at)):
                return at
            if char == "`" and self._inside_backticks:
                return at
            if char == "(":
                at = self._parenthesis(at + 1)
                continue
            at = self._piece(at)
        return at

    _inside_backticks = False

    def _extended(self, start: int, at: int) -> bool:
        """An opening bracket of ``@(a|b)`` and its like."""
        return self.text[at] == "(" and at > start and self.text[at - 1] in "@?*+!"

    def _parenthesis(self, at: int) -> int:
        depth = 1
        while at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at = self._piece(at)
            if not depth:
                return at
        raise Unfinished

    def _array(self, at: int) -> int:
        """The words of ``name=(...)``."""
        while at < len(self.text):
            if self.text[at] == ")":
                return at + 1
            if self.text[at] == "#" and self.text[at - 1] in BLANK + "\n":
                at = self._line_end(at)
            else:
                at = self._piece(at)
        raise Unfinished

    def _piece(self, at: int) -> int:
        """One character of a word, or what is quoted or expanded there."""
        text, char = self.text, self.text[at]
        if char == "\\":
            return at + 2
        if char == "'":
            return self._until("'", at + 1)
        if char == '"':
            return self._double(at + 1)
        if text.startswith("$'", at):
            return self._ansi(at + 2)
        return self._expansion(at)

    def _expansion(self, at: int) -> int:
        text = self.text
        if text.startswith("$((", at):
            return self._arithmetic(at + 3)
        if text.startswith("$(", at):
            return self.script(at + 2, ")") + 1
        if text.startswith("${", at):
            return self._braces(at + 2)
        if text[at] == "`":
            before, self._inside_backticks = self._inside_backticks, True
            end = self.script(at + 1, "`") + 1
            self._inside_backticks = before
            return end
        return at + 1

    def _double(self, at: int) -> int:
        while at < len(self.text):
            if self.text[at] == '"':
                return at + 1
            at = at + 2 if self.text[at] == "\\" else self._expansion(at)
        raise Unfinished

    def _ansi(self, at: int) -> int:
        while at < len(self.text):
            if self.text[at] == "'":
                return at + 1
            at += 2 if self.text[at] == "\\" else 1
        raise Unfinished

    def _braces(self, at: int) -> int:
        while at < len(self.text):
            if self.text[at] == "}":
                return at + 1
            at = self._piece(at)
        raise Unfinished

    def _arithmetic(self, at: int) -> int:
        depth = 2
        while at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at = self._piece(at) if self.text[at] != "'" else at + 1
            if not depth:
                return at
        raise Unfinished

    def _substitution(self, at: int) -> tuple[Token, int] | None:
        """``<(...)`` and ``>(...)``: a word of its own."""
        if self.text[at : at + 2] not in ("<(", ">("):
            return None
        end = self.script(at + 2, ")") + 1
        return Token(at, end, self.text[at:end]), end

    def _until(self, char: str, at: int) -> int:
        found = self.text.find(char, at)
        if found < 0:
            raise Unfinished
        return found + 1

    def _line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    def _delimiter(self, at: int, tabs: bool) -> int:
        while self.text[at : at + 1] in (" ", "\t"):
            at += 1
        end = self._word(at)
        self.documents.append((tabs, UNQUOTED.sub("", self.text[at:end])))
        return end

    def _bodies(self, at: int) -> int:
        """Past the here-documents that begin on this line."""
        for tabs, delimiter in self.documents:
            for line in self._lines(at):
                at += len(line)
                bare = line.removesuffix("\n")
                if (bare.lstrip("\t") if tabs else bare) == delimiter:
                    break
        self.documents.clear()
        return at

    def _lines(self, at: int) -> Iterator[str]:
        while at < len(self.text):
            end = self.text.find("\n", at) + 1 or len(self.text)
            yield self.text[at:end]
            at = end
