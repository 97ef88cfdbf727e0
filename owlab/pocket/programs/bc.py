"""`bc`: numbers of any length, with `scale`, `ibase` and `obase`; statements are refused."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9A-F]*\.?[0-9A-F]+|[0-9A-F]+\.)|(?P<name>[a-z][a-z0-9_]*)"
    r"|(?P<sign>\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^()<>=!\[\],]))"
)
STATEMENTS = ("if", "for", "while", "define", "print", "auto", "break", "halt", "return", "read")
COMMENT = re.compile(r"/\*.*?\*/|#[^\n]*", re.S)
WIDTH = 68
LIBRARY_SCALE = 20
LEVELS = (("||",), ("&&",), ("<", ">", "<=", ">=", "==", "!="), ("+", "-"), ("*", "/", "%"))


class BadLine(Exception):
    """It cannot be calculated; the message is bc's."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A number with so many digits behind its point."""

    value: Fraction
    scale: int


def cut(value: Fraction, scale: int) -> Scaled:
    """With no more digits than these; the rest is dropped."""
    power = 10**scale
    whole = abs(value.numerator) * power // value.denominator
    return Scaled(Fraction(whole if value >= 0 else -whole, power), scale)


@dataclass
class Calculator:
    """What `bc` knows between two lines."""

    library: bool = False
    names: dict[str, Scaled] = field(default_factory=dict)
    scale: int = 0
    ibase: int = 10
    obase: int = 10
    words: list[tuple[str, str]] = field(default_factory=list)
    assigned: bool = False

    def line(self, text: str) -> str | None:
        """Calculate one expression; what it prints."""
        self.words, at = [], 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if found is None:
                raise BadLine(f"illegal character: {text[at:].lstrip()[:1]}")
            kind = found.lastgroup or ""
            self.words.append((kind, found[kind]))
            at = found.end()
        self.assigned = False
        only = len(self.words) > 1 and self.words[0][0] == "name" and self.words[1][1] in (
            "=", "+=", "-=", "*=", "/=", "%=", "^=",
        )  # fmt: skip
        result = self._assignment()
        if self.words:
            raise BadLine("syntax error")
        if only:
            return None
        self.names["last"] = result
        return shown(result, self.obase)

    def _next(self, *signs: str) -> str | None:
        if self.words and self.words[0][0] == "sign" and self.words[0][1] in signs:
            return self.words.pop(0)[1]
        return None

    def _assignment(self) -> Scaled:
        if len(self.words) > 1 and self.words[0][0] == "name":
            name, sign = self.words[0][1], self.words[1][1]
            if sign in ("=", "+=", "-=", "*=", "/=", "%=", "^="):
                del self.words[:2]
                right = self._assignment()
                value = right if sign == "=" else self._do(sign[0], self._of(name), right)
                self._put(name, value)
                return value
        return self._level(0)

    def _level(self, level: int) -> Scaled:
        if level == len(LEVELS):
            return self._power()
        left = self._level(level + 1)
        while (sign := self._next(*LEVELS[level])) is not None:
            left = self._do(sign, left, self._level(level + 1))
        return left

    def _power(self) -> Scaled:
        base = self._signed()
        if self._next("^"):
            return self._do("^", base, self._power())
        return base

    def _signed(self) -> Scaled:
        """A sign binds closer than a power, unlike elsewhere."""
        if self._next("-"):
            found = self._signed()
            return Scaled(-found.value, found.scale)
        if self._next("!"):
            return Scaled(Fraction(int(not self._signed().value)), 0)
        return self._atom()

    def _atom(self) -> Scaled:
        if self._next("("):
            inner = self._assignment()
            if not self._next(")"):
                raise BadLine("syntax error")
            return inner
        if step := self._next("++", "--"):
            name = self._name()
            return self._step(name, step)
        if not self.words:
            raise BadLine("syntax error")
        kind, text = self.words.pop(0)
        if kind == "number":
            return self._number(text)
        if kind != "name":
            raise BadLine("syntax error")
        if self._next("("):
            given = self._assignment()
            if not self._next(")"):
                raise BadLine("syntax error")
            return self._call(text, given)
        if self._next("["):
            index = self._assignment()
            if not self._next("]"):
                raise BadLine("syntax error")
            return self._of(f"{text}[{int(index.value)}]")
        if step := self._next("++", "--"):
            before = self._of(text)
            self._step(text, step)
            return before
        return self._of(text)

    def _name(self) -> str:
        if not self.words or self.words[0][0] != "name":
            raise BadLine("syntax error")
        return self.words.pop(0)[1]

    def _step(self, name: str, sign: str) -> Scaled:
        after = self._do(sign[0], self._of(name), Scaled(Fraction(1), 0))
        self._put(name, after)
        return after

    def _number(self, text: str) -> Scaled:
        whole, _, part = text.partition(".")
        if self.ibase == 10 and not re.search("[A-F]", text):
            return Scaled(Fraction(text if whole else f"0{text}"), len(part))
        value = Fraction(0)
        for digit in whole:
            value = value * self.ibase + min(
                int(digit, 16), self.ibase - 1 if len(whole) > 1 else 15
            )
        for place, digit in enumerate(part, 1):
            value += Fraction(min(int(digit, 16), self.ibase - 1), self.ibase**place)
        return cut(value, len(part))

    def _of(self, name: str) -> Scaled:
        kept = {"scale": self.scale, "ibase": self.ibase, "obase": self.obase}
        if name in kept:
            return Scaled(Fraction(kept[name]), 0)
        return self.names.get(name, Scaled(Fraction(0), 0))

    def _put(self, name: str, value: Scaled) -> None:
        number = int(value.value)
        if name == "scale":
            self.scale = max(number, 0)
        elif name == "ibase":
            self.ibase = min(max(number, 2), 16)
        elif name == "obase":
            self.obase = max(number, 2)
        else:
            self.names[name] = value

    def _do(self, sign: str, left: Scaled, right: Scaled) -> Scaled:
        a, b = left.value, right.value
        truths = {
            "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "==": a == b, "!=": a != b,
            "&&": bool(a and b), "||": bool(a or b),
        }  # fmt: skip
        if sign in truths:
            return Scaled(Fraction(int(truths[sign])), 0)
        widest = max(left.scale, right.scale)
        if sign in "+-":
            return Scaled(a + b if sign == "+" else a - b, widest)
        if sign == "*":
            return cut(a * b, min(left.scale + right.scale, max(self.scale, widest)))
        if sign == "^":
            return self._raised(left, int(b))
        if not b:
            raise BadLine("Divide by zero" if sign == "/" else "Modulo by zero")
        if sign == "/":
            return cut(a / b, self.scale)
        rest = max(self.scale + right.scale, left.scale)
        return cut(a - cut(a / b, self.scale).value * b, rest)

    def _raised(self, base: Scaled, power: int) -> Scaled:
        if power < 0:
            if not base.value:
                raise BadLine("Divide by zero")
            return cut(base.value**power, self.scale)
        return cut(base.value**power, min(base.scale * power, max(self.scale, base.scale)))

    def _call(self, name: str, given: Scaled) -> Scaled:
        if name == "sqrt":
            if given.value < 0:
                raise BadLine("Square root of a negative number")
            scale = max(self.scale, given.scale)
            power = 10 ** (2 * scale)
            whole = given.value.numerator * power // given.value.denominator
            return Scaled(Fraction(math.isqrt(whole), 10**scale), scale)
        if name == "length":
            digits = str(abs(int(given.value * 10**given.scale)))
            return Scaled(Fraction(len(digits)), 0)
        if name == "scale":
            return Scaled(Fraction(given.scale), 0)
        if self.library and name in ("e", "l", "s", "c", "a"):
            return self._transcendent(name, given)
        raise BadLine(f"Function {name} not defined.")

    def _transcendent(self, name: str, given: Scaled) -> Scaled:
        with localcontext() as context:
            context.prec = self.scale + 40
            value = Decimal(given.value.numerator) / Decimal(given.value.denominator)
            if name == "e":
                found = value.exp()
            elif name == "l":
                if value <= 0:
                    return cut(Fraction(1 - 10**self.scale), self.scale)
                found = value.ln()
            elif name == "a":
                found = _arctangent(value)
            else:
                found = _sine(value if name == "s" else value + 2 * _arctangent(Decimal(1)))
            return cut(Fraction(found), self.scale)


def _sine(value: Decimal) -> Decimal:
    around = 8 * _arctangent(Decimal(1))
    value %= around
    term, total, number = value, value, 1
    while abs(term) > Decimal(10) ** -(len(str(total)) + 45):
        number += 2
        term = -term * value * value / (number * (number - 1))
        total += term
        if not term:
            break
    return total


def _arctangent(value: Decimal) -> Decimal:
    if abs(value) > Decimal("0.1"):
        return 2 * _arctangent(value / (1 + (1 + value * value).sqrt()))
    total, power, number = value, value, 1
    while power and number < 400:
        number += 2
        power = -power * value * value
        total += power / number
    return total


def shown(number: Scaled, base: int) -> str:
    """As `bc` prints it: no zero before the point, lines of seventy."""
    value = abs(number.value)
    whole, part = int(value), value - int(value)
    mark = "-" if number.value < 0 else ""
    text = _digits(whole, base)
    if number.scale:
        places, digits, power = "", 0, 1
        while power < 10**number.scale:
            part *= base
            places += _digit(int(part), base)
            part -= int(part)
            power *= base
            digits += 1
        text = ("" if not whole else text) + "." + places
        if not number.value:
            text = "0"
    text = mark + text
    pieces = [text[at : at + WIDTH + 1] for at in range(0, len(text), WIDTH + 1)]
    return "\\\n".join(pieces)


def _digits(value: int, base: int) -> str:
    if not value:
        return _digit(0, base) if base > 16 else "0"
    out: list[str] = []
    while value:
        value, digit = divmod(value, base)
        out.append(_digit(digit, base))
    return "".join(reversed(out))


def _digit(digit: int, base: int) -> str:
    return "0123456789ABCDEF"[digit] if base <= 16 else f" {digit:0{len(str(base - 1))}}"


@program("bc", machines="all")
async def bc(call: Call) -> int:
    """Expressions from FILEs and standard input, line by line; ``-l`` with the library, ``-q``."""
    options = parse(call, "lqsiwhv", "mathlib quiet standard interactive warn")
    machine = Calculator(library=options.has("l", "mathlib"))
    machine.scale = LIBRARY_SCALE if machine.library else 0
    text = ""
    for name in options.words:
        content = call.read(call.path(name))
        if content is None:
            raise Complaint(f"File {name} is unavailable.\n")
        text += content.decode(errors="replace")
    text += (await call.stdin()).decode(errors="replace")
    text = COMMENT.sub(" ", text).replace("\\\n", "")
    for line in text.split("\n"):
        for part in line.split(";"):
            words = part.split()
            if words[:1] == ["quit"]:
                return 0
            if not words:
                continue
            first = re.match(r"[a-z]*", words[0])
            if (first is not None and first[0] in STATEMENTS) or part.strip()[0] in '{}"':
                raise Complaint(
                    "bc: the pocket lab's bc calculates expressions, and has no statements\n"
                )
            try:
                if (told := machine.line(part)) is not None:
                    await call.out(f"{told}\n")
            except BadLine as problem:
                kind = str(problem)
                runtime = kind[0].isupper()
                where = "Runtime error (func=(main), adr=3): " if runtime else "(standard_in) 1: "
                await call.err(f"{where}{kind}\n")
    return 0
