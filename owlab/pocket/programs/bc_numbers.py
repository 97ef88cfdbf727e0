"""The numbers of `bc`: of any length, with `scale`, `ibase` and `obase`; its expressions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

from owlab.pocket.programs.options import Complaint

ASSIGNS = ("=", "+=", "-=", "*=", "/=", "%=", "^=")
WIDTH = 68
"""Characters of a line, before the mark that it goes on."""
MOST_DIGITS = 100_000
TOO_LARGE = f"bc: the pocket lab's bc calculates with {MOST_DIGITS} digits at most\n"
_MOST_BITS = int(MOST_DIGITS * math.log2(10))
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
    if scale > MOST_DIGITS or value.numerator.bit_length() > _MOST_BITS:
        raise Complaint(TOO_LARGE)
    power = 10**scale
    whole = abs(value.numerator) * power // value.denominator
    return Scaled(Fraction(whole if value >= 0 else -whole, power), scale)


@dataclass
class Calculator:
    """What `bc` knows between two lines."""

    library: bool
    names: dict[str, Scaled] = field(default_factory=dict)
    scale: int = 0
    ibase: int = 10
    obase: int = 10
    width: int = WIDTH
    words: list[tuple[str, str]] = field(default_factory=list)
    defined: Callable[[str, list[Scaled]], Scaled | None] | None = None
    """Calls a function of the program's."""

    def told(self, words: list[tuple[str, str]]) -> str | None:
        """Calculate one expression; what it prints: nothing, where it only sets a name."""
        sets = self._sets(words)
        result = self.value(words)
        if sets:
            return None
        self.names["last"] = result
        return shown(result, self.obase, self.width)

    def value(self, words: list[tuple[str, str]]) -> Scaled:
        """Calculate one expression."""
        outer, self.words = self.words, list(words)
        try:
            for kind, text in self.words:
                if kind == "wrong":
                    raise BadLine(f"illegal character: {text}")
            result = self._assignment()
            if self.words:
                raise BadLine("syntax error")
            return result
        finally:
            self.words = outer

    @staticmethod
    def _sets(words: list[tuple[str, str]]) -> bool:
        """It begins with a name, or an element of an array, that is set."""
        if not words or words[0][0] != "name":
            return False
        at = 1
        if at < len(words) and words[at][1] == "[":
            depth = 0
            while at < len(words):
                depth += (words[at][1] == "[") - (words[at][1] == "]")
                at += 1
                if not depth:
                    break
        return at < len(words) and words[at][1] in ASSIGNS

    def _next(self, *signs: str) -> str | None:
        if self.words and self.words[0][0] == "sign" and self.words[0][1] in signs:
            return self.words.pop(0)[1]
        return None

    def _assignment(self) -> Scaled:
        if self._sets(self.words):
            name = self._place()
            sign = self.words.pop(0)[1]
            right = self._assignment()
            value = right if sign == "=" else self._do(sign[0], self._of(name), right)
            self._put(name, value)
            return value
        return self._level(0)

    def _place(self) -> str:
        """A name, or an element of an array."""
        name = self._name()
        if not self._next("["):
            return name
        index = self._assignment()
        if not self._next("]"):
            raise BadLine("syntax error")
        return f"{name}[{int(index.value)}]"

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
            return self._step(self._place(), step)
        if not self.words:
            raise BadLine("syntax error")
        kind, text = self.words.pop(0)
        if kind == "number":
            return self._number(text)
        if kind != "name":
            raise BadLine("syntax error")
        if self._next("("):
            return self._call(text, self._given())
        self.words.insert(0, (kind, text))
        place = self._place()
        if step := self._next("++", "--"):
            before = self._of(place)
            self._step(place, step)
            return before
        return self._of(place)

    def _given(self) -> list[Scaled]:
        """What stands between the brackets of a call."""
        given: list[Scaled] = []
        while not self._next(")"):
            given.append(self._assignment())
            if not self._next(",") and self.words[:1] != [("sign", ")")]:
                raise BadLine("syntax error")
        return given

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
            return Scaled(Fraction(Decimal(text)), len(part))
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
            if number > MOST_DIGITS:
                raise Complaint(TOO_LARGE)
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
        longest = max(base.value.numerator.bit_length(), base.value.denominator.bit_length())
        if (longest - 1) * abs(power) > _MOST_BITS:
            raise Complaint(TOO_LARGE)
        if power < 0:
            if not base.value:
                raise BadLine("Divide by zero")
            return cut(base.value**power, self.scale)
        return cut(base.value**power, min(base.scale * power, max(self.scale, base.scale)))

    def _call(self, name: str, values: list[Scaled]) -> Scaled:
        found = self.defined(name, values) if self.defined is not None else None
        if found is not None:
            return found
        if len(values) != 1:
            raise BadLine(f"Function {name} not defined.")
        given = values[0]
        if name == "sqrt":
            if given.value < 0:
                raise BadLine("Square root of a negative number")
            scale = max(self.scale, given.scale)
            power = 10 ** (2 * scale)
            whole = given.value.numerator * power // given.value.denominator
            return Scaled(Fraction(math.isqrt(whole), 10**scale), scale)
        if name == "length":
            whole = len(_digits(abs(int(given.value)), 10))
            return Scaled(Fraction(whole + given.scale or 1), 0)
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
            # What is whole is not to be a hair below it.
            context.prec -= 15
            return cut(Fraction(+found), self.scale)


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
    least = Decimal(10) ** -(getcontext().prec + 5)
    while abs(power) > least:
        number += 2
        power = -power * value * value
        total += power / number
    return total


def shown(number: Scaled, base: int, width: int) -> str:
    """As `bc` prints it: no zero before the point, in lines of this width; 0: in one."""
    value = abs(number.value)
    whole, part = int(value), value - int(value)
    mark = "-" if number.value < 0 else ""
    text = _digits(whole, base)
    if number.scale and base == 10:
        places = _digits(int(part * 10**number.scale), 10).rjust(number.scale, "0")
        text = f"{text}.{places}"
    elif number.scale:
        places, digits, power = "", 0, 1
        while power < 10**number.scale:
            part *= base
            places += _digit(int(part), base)
            part -= int(part)
            power *= base
            digits += 1
        text = ("" if not whole else text) + "." + places.lstrip()
    if not number.value:
        text = "0"
    text = mark + text
    step = width or len(text)
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    return "\\\n".join(pieces)


def _digits(value: int, base: int) -> str:
    if base == 10:
        return format(Decimal(value), "f") if value else ""  # str() reads 4,300 digits at most
    out: list[str] = []
    while value:
        value, digit = divmod(value, base)
        out.append(_digit(digit, base))
    return "".join(reversed(out))


def _digit(digit: int, base: int) -> str:
    return "0123456789ABCDEF"[digit] if base <= 16 else f" {digit:0{len(str(base - 1))}}"
