"""POSIX patterns, basic and extended, as Python reads them."""

from __future__ import annotations

import re

CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
    "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9A-Fa-f",
}
EDGES = {"<": r"\b(?=\w)", ">": r"\b(?<=\w)", "b": r"\b", "B": r"\B", "`": r"\A", "'": r"\Z"}
KINDS = {"w": r"\w", "W": r"\W", "s": r"\s", "S": r"\S"}
BOUND = re.compile(r"(\d*)(,?)(\d*)")


class BadPattern(Exception):
    """It cannot be read; the message is grep's."""


def translated(pattern: str, *, extended: bool) -> str:
    """The pattern in Python's words."""
    return _Translation(pattern, extended).whole()


class _Translation:
    def __init__(self, pattern: str, extended: bool) -> None:
        self.text, self.extended, self.at = pattern, extended, 0
        self.out: list[str] = []
        self.begins = True
        """Nothing stands before that could be repeated."""
        self.atom, self.again = 0, False
        """Where in ``out`` begins what could be repeated; it is repeated already."""
        self.opened: list[int] = []

    def whole(self) -> str:
        while self.at < len(self.text):
            self._next()
        if self.opened:
            raise BadPattern("Unmatched ( or \\(")
        return "".join(self.out)

    def _next(self) -> None:
        char = self.text[self.at]
        self.at += 1
        if char == "\\":
            self._escaped()
        elif char == "[":
            self._put(self._bracket())
        elif char == "*":
            if not self.begins:
                self._repeated("*")
            elif not self.extended:
                self._put(r"\*")
        elif char in "+?{" and self.extended:
            self._repeat(char)
        elif char in "()|" and self.extended:
            self._group(char)
        elif char == "^":
            anchor = self.extended or self.begins
            self.out.append("^" if anchor else r"\^")
            self.begins = self.begins if anchor else False
        elif char == "$":
            self._put("$" if self._ends() else r"\$")
        elif char == ".":
            self._put(".")
        else:
            self._put(re.escape(char))

    def _put(self, text: str) -> None:
        self.atom, self.again = len(self.out), False
        self.out.append(text)
        self.begins = False

    def _repeated(self, text: str) -> None:
        if self.again:  # to Python `a+?` is a lazy one
            self.out.insert(self.atom, "(?:")
            self.out.append(")")
        self.out.append(text)
        self.again = True

    def _ends(self) -> bool:
        rest = self.text[self.at :]
        return self.extended or not rest or rest.startswith((r"\)", r"\|"))

    def _escaped(self) -> None:
        if self.at >= len(self.text):
            raise BadPattern("Trailing backslash")
        char = self.text[self.at]
        self.at += 1
        if char in EDGES:
            self.out.append(EDGES[char])
        elif char in KINDS:
            self._put(KINDS[char])
        elif char.isdigit() and char != "0":
            self._put(f"(?:\\{char})")
        elif not self.extended and char in "()|":
            self._group(char)
        elif not self.extended and char in "+?{":
            self._repeat(char)
        else:
            self._put(re.escape(char))

    def _group(self, char: str) -> None:
        if char == "(":
            self.opened.append(len(self.out))
        elif char == ")":
            if not self.opened:
                if self.extended:
                    self._put(r"\)")
                    return
                raise BadPattern("Unmatched ) or \\)")
            self.atom, self.again = self.opened.pop(), False
        self.out.append(char)
        self.begins = char != ")"

    def _repeat(self, char: str) -> None:
        if self.begins and char != "{":
            if not self.extended:
                self._put(re.escape(char))
            return
        if char != "{":
            self._repeated(char)
            return
        found = BOUND.match(self.text, self.at)
        end = found.end() if found is not None else self.at
        close = "}" if self.extended else r"\}"
        if found is None or not (found[1] or found[3]) or not self.text.startswith(close, end):
            if not self.extended:
                raise BadPattern(
                    "Unmatched \\{" if close not in self.text else "Invalid content of \\{\\}"
                )
            self._put(r"\{")
            return
        if not self.begins:
            self._repeated(f"{{{found[1] or 0}{found[2]}{found[3]}}}")
        self.at = end + len(close)

    def _bracket(self) -> str:
        """What stands in ``[...]``."""
        at, text = self.at, self.text
        negated = text.startswith("^", at)
        at += negated
        parts: list[str] = []
        first = True
        while at < len(text) and (text[at] != "]" or first):
            first = False
            if text.startswith("[:", at):
                end = text.find(":]", at)
                name = text[at + 2 : end]
                if end < 0 or name not in CLASSES:
                    raise BadPattern(
                        "Unmatched [, [^, [:, [., or [="
                        if end < 0
                        else "Invalid character class name"
                    )
                parts.append(CLASSES[name])
                at = end + 2
            elif text.startswith(("[.", "[="), at):
                end = text.find(f"{text[at + 1]}]", at + 2)
                parts.append(re.escape(text[at + 2 : end]))
                at = end + 2
            else:
                char = text[at]
                parts.append(char if char == "-" else re.escape(char))
                at += 1
        if at >= len(text):
            raise BadPattern("Unmatched [, [^, [:, [., or [=")
        self.at = at + 1
        inside = "".join(parts)
        if inside.startswith("-") or inside.endswith("-"):
            inside = re.sub(r"^-|(?<!\\)-$", r"\\-", inside)
        return f"[{'^' if negated else ''}{inside}]"
