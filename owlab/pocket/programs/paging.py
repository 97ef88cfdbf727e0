"""Pages at a terminal: what `less` does with its keys."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from owlab.pocket.ground.keyboards import Keyboard

Show = Callable[[str], Awaitable[None]]
ENTER, LEAVE, CLEAR = "\x1b[?1049h\x1b[?1h\x1b=", "\x1b[?1l\x1b>\x1b[?1049l", "\x1b[H\x1b[2J"
REVERSE, PLAIN = "\x1b[7m", "\x1b[27m"
STYLE = re.compile(r"\x1b\[[\d;]*[mK]")
DOWN, UP = ("j", "e", "\r", "\n", "\x1b[B", "\x1bOB", "\x0e"), ("k", "y", "\x1b[A", "\x1bOA")
NEXT, BACK = (" ", "f", "\x06", "\x16", "\x1b[6~"), ("b", "\x02", "\x1b[5~")
FIRST, LAST = ("g", "<", "\x1b[H", "\x1b[1~"), ("G", ">", "\x1b[F", "\x1b[4~")
KEY = re.compile(r"\x1b[\[O][\d;]*[A-Za-z~]|ZZ|:q|[\s\S]")
"""Some are several bytes."""
QUIT = ("q", "Q", "ZZ", ":q")
HELP = """\
q  quit            SPACE f  a page on        b  a page back
j  a line on       k  a line back            d u  half a page
g  the beginning   G  the end                N g  line N
/  search on       ?  search back            n N  again, the other way
"""


@dataclass
class Pager:
    """One text and the place where one is in it."""

    text: str
    name: str
    size: tuple[int, int]
    keyboard: Keyboard
    show: Show
    numbers: bool = False
    chop: bool = False
    stays: bool = False
    """The last page is left on the screen."""
    folds: bool = False
    """A search finds capitals and small letters alike; ``folds_small``: one without capitals."""
    folds_small: bool = False
    top: int = 0
    note: str = ""
    pattern: str = ""
    back: bool = False
    rows: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Keys that were typed faster than they are obeyed."""

    def __post_init__(self) -> None:
        columns = self.size[0]
        for number, line in enumerate(self.text.split("\n")[: self._count()], 1):
            shown = f"{number:>7} {line}" if self.numbers else line
            self.rows += [shown[:columns]] if self.chop else _wrapped(shown, columns)

    def _count(self) -> int:
        return self.text.count("\n") + (not self.text.endswith("\n"))

    @property
    def page(self) -> int:
        """Lines that the window shows."""
        return max(self.size[1] - 1, 1)

    @property
    def fits(self) -> bool:
        """All of it is on one page."""
        return len(self.rows) <= self.page

    async def run(self) -> None:
        """Turn pages until the reader leaves."""
        await self.show("" if self.stays else ENTER)
        self.note = self.name
        count = ""
        try:
            while True:
                await self._draw(count)
                self.note = ""
                key = await self._key()
                if key in QUIT:
                    return
                if key.isdecimal():
                    count += key
                    continue
                await self._do(key, count)
                count = ""
        finally:
            await self.show("\r\x1b[K" + ("" if self.stays else LEAVE))

    async def _key(self) -> str:
        if not self.waiting:
            typed = await self.keyboard.ask(echo=False, keys=64) or b"q"
            self.waiting = KEY.findall(typed.decode(errors="replace"))
        return self.waiting.pop(0)

    async def _do(self, key: str, count: str) -> None:
        number, half = int(count or 1), self.page // 2
        steps = {
            **dict.fromkeys(DOWN, number),
            **dict.fromkeys(UP, -number),
            **dict.fromkeys(NEXT, self.page),
            **dict.fromkeys(BACK, -self.page),
            "d": half,
            "\x04": half,
            "u": -half,
            "\x15": -half,
        }
        if key in steps:
            self._go(self.top + steps[key])
        elif key in FIRST:
            self._go(number - 1)
        elif key in LAST:
            self._go(number - 1 if count else len(self.rows))
        elif key in ("/", "?"):
            await self._search(key)
        elif key in ("n", "N"):
            self._find(self.back != (key == "N"))
        elif key in ("h", "H"):
            await self.show(f"{CLEAR}{HELP}\n{REVERSE}press a key{PLAIN}")
            await self._key()
        elif key not in ("r", "\x0c"):
            await self.show("\a")

    def _go(self, row: int) -> None:
        self.top = max(0, min(row, len(self.rows) - self.page))

    async def _search(self, sign: str) -> None:
        await self.show(f"\r\x1b[K{sign}")
        typed = ""
        while (key := await self._key()) not in ("\r", "\n", "\x1b"):
            typed = typed[:-1] if key in ("\x7f", "\b") else typed + key
            await self.show(f"\r\x1b[K{sign}{typed}")
        self.pattern = typed or self.pattern
        self.back = sign == "?"
        self._find(self.back)

    def begin_at(self, pattern: str) -> None:
        """The first line that fits is the first of the page."""
        self.pattern, self.top = pattern, -1
        self._find(back=False)
        self.top = max(self.top, 0)

    @property
    def _flags(self) -> re.RegexFlag:
        small = self.folds_small and self.pattern == self.pattern.lower()
        return re.I if self.folds or small else re.NOFLAG

    def _find(self, back: bool) -> None:
        if not self.pattern:
            self.note = "No previous regular expression"
            return
        try:
            wanted = re.compile(self.pattern, self._flags)
        except re.error:
            self.note = "Invalid pattern"
            return
        rows = range(self.top - 1, -1, -1) if back else range(self.top + 1, len(self.rows))
        row = next((at for at in rows if wanted.search(STYLE.sub("", self.rows[at]))), None)
        if row is None:
            self.note = "Pattern not found  (press RETURN)"
        else:
            self._go(row)

    async def _draw(self, count: str) -> None:
        shown = self.rows[self.top : self.top + self.page]
        body = [self._lit(row) for row in shown] + ["~"] * (self.page - len(shown))
        end = self.top + self.page >= len(self.rows)
        prompt = self.note or ("(END)" if end else "")
        line = f"{REVERSE}{prompt}{PLAIN}" if prompt else ":"
        await self.show(CLEAR + "\n".join(body) + f"\n{line}{count}")

    def _lit(self, row: str) -> str:
        if not self.pattern:
            return row
        try:
            return re.sub(f"({self.pattern})", rf"{REVERSE}\1{PLAIN}", row, flags=self._flags)
        except re.error:
            return row


def _wrapped(line: str, columns: int) -> list[str]:
    line = line.expandtabs(8)
    if len(STYLE.sub("", line)) <= columns or "\x1b" in line:
        return [line]
    return [line[at : at + columns] for at in range(0, len(line), columns)]
