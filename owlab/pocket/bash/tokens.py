"""A script's words and where they are: enough of bash's grammar to find its commands.

What is quoted, a comment, or a here-document is not taken for a command. What cannot be read is
left to the interpreter, which says what is wrong with it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from owlab.pocket.bash.enclosures import Enclosures
from owlab.pocket.bash.syntax import (
    HereDocument,
    OpenDocument,
    Simple,
    Statement,
    Token,
    Unfinished,
)

BLANK = " \t"
OPERATOR = re.compile(r"&>>|&>|<<<|<<-?|<>|>>|>\||[<>]&|<|>|&&|\|\||\|&|;;&|;;|;&|[;&|\n()]")
REDIRECTION = re.compile(r"&>>|&>|<<<|<<-?|<>|>>|>\||[<>]&|<|>")
DEPTHS = {
    **dict.fromkeys(["{", "if", "while", "until", "for", "select", "case"], 1),
    **dict.fromkeys(["}", "fi", "done", "esac"], -1),
}
LEADING = frozenset(["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"])
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")
DECLARING = frozenset(["declare", "typeset", "local", "readonly", "export"])
NUMBER = re.compile(r"\$(?:\$|(?P<name>BASHPID|PPID)\b|\{(?:(?P<long>BASHPID|PPID)|\$)\})")
CONTINUES = re.compile(r"(&&|\|\|?)\s*$")
UNQUOTED = re.compile(r"['\"\\]")


def commands(text: str) -> list[Simple]:
    """All commands of a script, those in its substitutions as well; none where it is no script."""
    return _read(text).found


def assignments(text: str) -> list[Simple]:
    """Commands that only set variables."""
    return _read(text).assignments


def top_level(text: str) -> list[Token]:
    """What ends the commands that stand in no other one: ``;``, ``&`` and line ends.

    A line's end has the here-documents that begin on the line with it.
    """
    return _read(text).ends


def calculations(text: str) -> list[tuple[int, int]]:
    """Where ``$((...))`` and ``((...))`` are, from the first character inside."""
    return _read(text).calculations


def arrays(text: str) -> list[tuple[int, int]]:
    """Where the values of ``name=(...)`` are, from the first character inside."""
    return _read(text).arrays


def numbers(text: str) -> list[tuple[int, int, str]]:
    """Where ``$$``, ``$BASHPID`` and ``$PPID`` are expanded: from where to where, and which."""
    return _read(text).numbers


def open_documents(text: str) -> list[OpenDocument]:
    """Here-documents that the end of the script ends."""
    return _read(text).open


def _opens_array(text: str, word: Token) -> bool:
    return text[word.end : word.end + 1] == "(" and ASSIGNMENT.fullmatch(word.text) is not None


def statements(script: str) -> list[Statement]:
    """What stands at the top of a script: from where to where."""
    found: list[Statement] = []
    begin = 0
    ends = [*top_level(script), Token(len(script), len(script), "", operator=True)]
    for sign in ends:
        text = script[begin : sign.start]
        bare = text.strip()
        if not bare or bare.startswith("#"):
            begin = sign.end
            continue
        if sign.text == "\n" and CONTINUES.search(re.sub(r"\s#.*$", "", text)):
            continue
        start = begin + len(text) - len(text.lstrip())
        found.append(Statement(start, start + len(bare), sign.end, sign.text))
        begin = sign.end
    return found


@functools.lru_cache(maxsize=64)
def _read(text: str) -> _Reader:
    """A script that was read; it is asked several things."""
    reader = _Reader(text)
    try:
        reader.script(0, closed_by="")
    except Unfinished:
        return _Reader(text)
    reader.open += [OpenDocument(one.delimiter, one.begins) for one in reader.documents]
    return reader


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._around = Enclosures()
        self.ends: list[Token] = []
        self.found: list[Simple] = []
        self.assignments: list[Simple] = []
        self.calculations: list[tuple[int, int]] = []
        self.arrays: list[tuple[int, int]] = []
        self.open: list[OpenDocument] = []
        self.numbers: list[tuple[int, int, str]] = []
        self.documents: list[HereDocument] = []

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
            elif simple.assigned:
                self.assignments.append(simple)
            if simple.words or simple.redirections or simple.fed or around.just_closed:
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
            elif simple.name in ("", "for") and text.startswith("((", at):
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
                simple.ended_by = sign
                simple.label = sign == ")" and not subshells and cases > 0
                ended()
                if sign == "&":
                    around.sent_behind()
                if sign != "(":
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
                    if text[at : at + 1] == "(" and word.text.endswith("="):
                        at = self._array(at + 1)
                    simple.assigned.append(Token(word.start, at, text[word.start : at]))
                else:
                    if not simple.words:
                        cases += {"case": 1, "esac": -1}.get(word.text, 0)
                        depth += (deeper := DEPTHS.get(word.text, 0))
                        if deeper:
                            around.open() if deeper > 0 else around.close()
                    elif simple.name in DECLARING and _opens_array(text, word):
                        at = self._array(at + 1)
                        word = Token(word.start, at, text[word.start : at])
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
                end = self._word(at)
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

    def _word(self, at: int) -> int:
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
        depth, began = 1, at
        while at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at = self._piece(at)
            if not depth:
                if self.text[began - 2] == "=":
                    self.arrays.append((began, at - 1))
                return at
        raise Unfinished

    def _array(self, at: int) -> int:
        """The words of ``name=(...)``."""
        began = at
        while at < len(self.text):
            if self.text[at] == ")":
                self.arrays.append((began, at))
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
        if (found := NUMBER.match(text, at)) is not None:
            self.numbers.append((at, found.end(), found["name"] or found["long"] or "$"))
            return found.end()
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
        depth, began = 2, at
        while at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at = self._piece(at) if self.text[at] != "'" else at + 1
            if not depth:
                self.calculations.append((began, at - 2))
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
        word = self.text[at:end]
        self.documents.append(HereDocument(tabs, UNQUOTED.sub("", word), at, word))
        return end

    def _bodies(self, at: int) -> int:
        """Past the here-documents that begin on this line."""
        for one in self.documents:
            began = at
            for line in self._lines(at):
                at += len(line)
                bare = line.removesuffix("\n")
                if (bare.lstrip("\t") if one.tabs else bare) == one.delimiter:
                    break
            else:
                self.open.append(OpenDocument(one.delimiter, one.begins))
            if one.word == one.delimiter:
                self.numbers += [
                    (found.start(), found.end(), found["name"] or found["long"] or "$")
                    for found in NUMBER.finditer(self.text, began, at)
                    if self.text[found.start() - 1] != "\\"
                ]
        self.documents.clear()
        return at

    def _lines(self, at: int) -> Iterator[str]:
        while at < len(self.text):
            end = self.text.find("\n", at) + 1 or len(self.text)
            yield self.text[at:end]
            at = end
