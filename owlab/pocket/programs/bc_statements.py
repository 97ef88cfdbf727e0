"""Statements of `bc`: what is calculated when, how often, and what is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from owlab.pocket.programs.bc_numbers import BadLine, Calculator, Scaled, shown
from owlab.pocket.programs.options import Complaint

TOKEN = re.compile(
    r'[ \t\r]*(?:(?P<string>"[^"]*")|(?P<end>[;\n{}])'
    r"|(?P<number>[0-9A-F]*\.?[0-9A-F]+|[0-9A-F]+\.)|(?P<name>[a-z][a-z0-9_]*)"
    r"|(?P<sign>\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^()<>=!\[\],.]))"
)
COMMENT = re.compile(r'("[^"]*")|/\*.*?\*/|#[^\n]*', re.S)
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "q": '"', "a": "\a", "b": "\b", "f": "\f", "r": "\r"}
MOST_STEPS = 200_000
TOO_LONG = f"bc: the pocket lab's bc stops after {MOST_STEPS} steps\n"
ZERO = Scaled(Fraction(0), 0)

Word = tuple[str, str]


class _Leave(Exception):
    """``break``, ``continue``, ``return``, ``quit``: what is left, and with which value."""

    def __init__(self, what: str, value: Scaled = ZERO) -> None:
        super().__init__(what)
        self.what, self.value = what, value


@dataclass(frozen=True, slots=True)
class BcFunction:
    """A function that was defined: its names, and the words between its braces."""

    names: tuple[str, ...]
    body: tuple[Word, ...]


def words_of(text: str) -> list[Word]:
    """The words of a program."""
    text = COMMENT.sub(lambda found: found[1] or " ", text).replace("\\\n", "")
    found, at = [], 0
    while at < len(text.rstrip(" \t")):
        word = TOKEN.match(text, at)
        if word is None:
            found.append(("wrong", text[at:].lstrip()[:1]))
            at += len(text[at:]) - len(text[at:].lstrip()) + 1
            continue
        kind = word.lastgroup or ""
        found.append((kind, word[kind]))
        at = word.end()
    return found


@dataclass
class BcProgram:
    """A program, carried out on a calculator."""

    calculator: Calculator
    out: Callable[[str], None]
    err: Callable[[str], None]
    functions: dict[str, BcFunction] = field(default_factory=dict)
    steps: int = 0
    stopped: bool = False
    """Set by another thread, it ends the program at its next step."""
    words: list[Word] = field(default_factory=list)

    def run(self, text: str) -> None:
        """All of it; what is wrong with a statement is told, and the next one is tried."""
        self.calculator.defined = self._called
        self.words = words_of(text)
        at = 0
        while at < len(self.words):
            try:
                at = self._statement(at)
            except BadLine as problem:
                self.err(self._told(str(problem), at))
                at = self._next_line(at)
            except _Leave as left:
                if left.what == "quit":
                    return
                at = self._next_line(at)
            except RecursionError:
                raise Complaint("bc: functions call each other too deeply\n") from None

    def _told(self, problem: str, at: int) -> str:
        """A problem, with the line that it is on."""
        if problem[0].isupper():
            return f"Runtime error (func=(main), adr=3): {problem}"
        last = self.words[min(self._next_line(at), len(self.words)) - 1]
        # What is missing at a line's end is missed on the next one.
        missing = last[0] == "sign" and last[1] not in (")", "]")
        if last[1] == "\n":  # it never ended
            return (
                f"(standard_in) {1 + sum(text.count(chr(10)) for _, text in self.words)}: {problem}"
            )
        line = 1 + missing + sum(text.count("\n") for _, text in self.words[:at])
        return f"(standard_in) {line}: {problem}"

    def _next_line(self, at: int) -> int:
        try:
            end = self._extent(at)
        except BadLine:  # it ends nowhere
            return len(self.words)
        return max(end, at + 1)

    def _is(self, at: int, *texts: str) -> bool:
        return at < len(self.words) and self.words[at][0] != "string" and self.words[at][1] in texts

    def _skipped(self, at: int) -> int:
        """Past line ends."""
        while self._is(at, "\n"):
            at += 1
        return at

    def _closing(self, at: int, opening: str, closing: str) -> int:
        depth = 0
        for index in range(at, len(self.words)):
            if self._is(index, opening, closing):
                depth += 1 if self.words[index][1] == opening else -1
                if not depth:
                    return index
        raise BadLine("syntax error")

    def _extent(self, at: int) -> int:
        """Where a statement ends."""
        if self._is(at, "{"):
            return self._closing(at, "{", "}") + 1
        if self._is(at, "if", "while", "for"):
            body = self._skipped(self._closing(at + 1, "(", ")") + 1)
            end = self._extent(body)
            other = self._else(end) if self._is(at, "if") else None
            return self._extent(other) if other is not None else end
        if self._is(at, "define"):
            return self._closing(self._skipped(self._closing(at + 2, "(", ")") + 1), "{", "}") + 1
        while at < len(self.words) and not self._is(at, ";", "\n", "}", "else"):
            at += 1
        return at

    def _else(self, at: int) -> int | None:
        """Where what follows an ``else`` begins, if there is one."""
        while self._is(at, ";", "\n"):
            at += 1
        return self._skipped(at + 1) if self._is(at, "else") else None

    def _statement(self, at: int) -> int:
        """Carry out one statement; where the next begins."""
        self._count()
        if self._is(at, ";", "\n"):
            return at + 1
        end = self._extent(at)
        if self._is(at, "{"):
            self._all(at + 1, end - 1)
        elif self._is(at, "if"):
            self._choose(at)
        elif self._is(at, "while", "for"):
            self._loop(at)
        elif self._is(at, "define"):
            self._define(at, end)
        elif self._is(at, "print"):
            self._print(at + 1, end)
        elif self._is(at, "break", "continue"):
            raise _Leave(self.words[at][1])
        elif self._is(at, "quit", "halt"):
            raise _Leave("quit")
        elif self._is(at, "return"):
            raise _Leave("return", self._value(at + 1, end) if end > at + 1 else ZERO)
        elif self._is(at, "auto"):
            pass  # a function's, which has made them
        elif self._is(at, "read", "limits", "warranty"):
            raise Complaint(f"bc: the pocket lab's bc has no {self.words[at][1]}\n")
        elif self.words[at][0] == "string" and end == at + 1:
            self.out(self.words[at][1][1:-1])
        elif self._is(at, "}"):
            raise BadLine("syntax error")
        else:
            told = self.calculator.told(self.words[at:end])
            self.out(f"{told}\n" if told is not None else "")
        return end

    def _count(self) -> None:
        self.steps += 1
        if self.stopped or self.steps > MOST_STEPS:
            raise Complaint(TOO_LONG)

    def _all(self, at: int, end: int) -> None:
        while at < end:
            at = self._statement(at)

    def _value(self, at: int, end: int) -> Scaled:
        return self.calculator.value(self.words[at:end])

    def _choose(self, at: int) -> None:
        closing = self._closing(at + 1, "(", ")")
        body = self._skipped(closing + 1)
        other = self._else(self._extent(body))
        if self._value(at + 2, closing).value:
            self._statement(body)
        elif other is not None:
            self._statement(other)

    def _loop(self, at: int) -> None:
        closing = self._closing(at + 1, "(", ")")
        body = self._skipped(closing + 1)
        begin, test, after = (at + 2, at + 2), (at + 2, closing), (closing, closing)
        if self._is(at, "for"):
            first = self._semicolon(at, closing)
            second = self._semicolon(first + 1, closing)
            begin, test, after = (at + 2, first), (first + 1, second), (second + 1, closing)
        if begin[1] > begin[0]:
            self._value(*begin)
        while test[1] <= test[0] or self._value(*test).value:
            try:
                self._statement(body)
            except _Leave as left:
                if left.what == "break":
                    return
                if left.what != "continue":
                    raise
            self._count()
            if after[1] > after[0]:
                self._value(*after)

    def _semicolon(self, at: int, end: int) -> int:
        return next((index for index in range(at, end) if self._is(index, ";")), end)

    def _define(self, at: int, end: int) -> None:
        closing = self._closing(at + 2, "(", ")")
        names = tuple(text for kind, text in self.words[at + 3 : closing] if kind == "name")
        opening = self._skipped(closing + 1)
        self.functions[self.words[at + 1][1]] = BcFunction(
            names, tuple(self.words[opening + 1 : end - 1])
        )

    def _print(self, at: int, end: int) -> None:
        part = at
        depth = 0
        for index in range(at, end + 1):
            depth += self._is(index, "(", "[") - self._is(index, ")", "]")
            if index < end and (depth or not self._is(index, ",")):
                continue
            if index == part:
                raise BadLine("syntax error")
            if self.words[part][0] == "string" and index == part + 1:
                self.out(re.sub(r"\\(.)", _escape, self.words[part][1][1:-1]))
            else:
                value = self._value(part, index)
                self.out(shown(value, self.calculator.obase, self.calculator.width))
            part = index + 1

    def _called(self, name: str, given: list[Scaled]) -> Scaled | None:
        """The value of a function that was defined; None where none was."""
        function = self.functions.get(name)
        if function is None:
            return None
        if len(given) != len(function.names):
            raise BadLine("Parameter number mismatch")
        values = self.calculator.names
        body = list(function.body)
        own = [*function.names, *_automatic(body)]
        before = {one: values.get(one) for one in own}
        values.update(dict.fromkeys(own, ZERO))
        values.update(zip(function.names, given, strict=True))
        outer, self.words = self.words, body
        try:
            self._all(0, len(body))
        except _Leave as left:
            if left.what != "return":
                raise
            return left.value
        finally:
            self.words = outer
            for one, value in before.items():
                if value is None:
                    values.pop(one, None)
                else:
                    values[one] = value
        return ZERO


def _automatic(body: list[Word]) -> list[str]:
    """Names that are a function's own."""
    names: list[str] = []
    takes = False
    for kind, text in body:
        takes = (text == "auto" and kind == "name") or (takes and kind != "end")
        if takes and kind == "name" and text != "auto":
            names.append(text)
    return names


def _escape(found: re.Match[str]) -> str:
    return ESCAPES.get(found[1], found[0])
