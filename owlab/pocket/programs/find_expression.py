"""The expression of `find`: its words as one question."""

from __future__ import annotations

from owlab.pocket.programs.find_actions import ACTIONS
from owlab.pocket.programs.find_run import FindRun, FoundFile, Test
from owlab.pocket.programs.find_tests import TESTS, newer
from owlab.pocket.programs.options import Complaint

OPTIONS = ("-maxdepth", "-mindepth")
IGNORED = frozenset(
    ["-noleaf", "-warn", "-nowarn", "-ignore_readdir_race", "-noignore_readdir_race", "-follow"]
)
TYPES = (
    *("findutils-default", "ed", "emacs", "gnu-awk", "grep", "posix-awk", "awk", "posix-basic"),
    *("posix-egrep", "egrep", "posix-extended", "posix-minimal-basic", "sed"),
)
BINARY = {"-a": "-a", "-and": "-a", "-o": "-o", "-or": "-o", ",": ","}


def expression(run: FindRun, words: list[str]) -> Test:
    """What is asked of each file; without an action, those that pass are printed."""
    reader = _Expression(run, words)
    test = reader.whole()
    if reader.acts:
        return test
    print_, _ = ACTIONS["-print"](run, [])

    async def printed(one: FoundFile) -> bool:
        return await test(one) and await print_(one)

    return printed


class _Expression:
    def __init__(self, run: FindRun, words: list[str]) -> None:
        self.run, self.words = run, words
        self.at = 0
        self.acts = False

    def whole(self) -> Test:
        if not self.words:
            return _always
        test = self._list()
        if self.at < len(self.words):
            raise Complaint("find: you have too many ')'\n")
        return test

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _list(self) -> Test:
        test = self._or()
        while self._peek() == ",":
            self.at += 1
            left, right = test, self._or()

            async def both(one: FoundFile, left: Test = left, right: Test = right) -> bool:
                await left(one)
                return await right(one)

            test = both
        return test

    def _or(self) -> Test:
        test = self._and()
        while BINARY.get(self._peek()) == "-o":
            sign = self.words[self.at]
            self.at += 1
            if self.at == len(self.words):
                raise Complaint(f"find: expected an expression after '{sign}'\n")
            left, right = test, self._and()

            async def either(one: FoundFile, left: Test = left, right: Test = right) -> bool:
                return await left(one) or await right(one)

            test = either
        return test

    def _and(self) -> Test:
        test = self._not()
        while (word := self._peek()) and word != ")" and BINARY.get(word) in (None, "-a"):
            self.at += word in BINARY
            left, right = test, self._not()

            async def both(one: FoundFile, left: Test = left, right: Test = right) -> bool:
                return await left(one) and await right(one)

            test = both
        return test

    def _not(self) -> Test:
        word = self._peek()
        if word in ("!", "-not"):
            self.at += 1
            if self.at == len(self.words):
                raise Complaint(f"find: expected an expression after '{word}'\n")
            test = self._not()

            async def opposite(one: FoundFile) -> bool:
                return not await test(one)

            return opposite
        if word == "(":
            self.at += 1
            if self._peek() == ")":
                raise Complaint("find: invalid expression; empty parentheses are not allowed.\n")
            inner = self._list()
            if self._peek() != ")":
                raise Complaint(
                    "find: invalid expression; I was expecting to find a ')' somewhere but did "
                    "not see one.\n"
                )
            self.at += 1
            return inner
        if word in BINARY:
            raise Complaint(
                f"find: invalid expression; you have used a binary operator '{word}' with nothing "
                "before it.\n"
            )
        return self._primary()

    def _primary(self) -> Test:
        if self.at == len(self.words):
            raise Complaint("find: expected an expression\n")
        word = self.words[self.at]
        self.at += 1
        if word in IGNORED:
            self.run.follows = "L" if word == "-follow" else self.run.follows
            return _always
        if word in ("-depth", "-d", "-xdev", "-mount", "-daystart"):
            self._option(word)
            return _always
        if word in OPTIONS:
            self._level(word, self._value(word))
            return _always
        if word == "-regextype":
            self._regular(self._value(word))
            return _always
        if word in ACTIONS:
            test, used = ACTIONS[word](self.run, self.words[self.at :])
            self.at += used
            self.acts = self.acts or word not in ("-prune", "-quit")
            return test
        if word in TESTS:
            makes, valued = TESTS[word]
            return makes(self.run, word, self._value(word) if valued else "")
        if word.startswith("-newer") and len(word) == len("-newerXY"):
            return newer(self.run, word, self._value(word))
        if not word.startswith("-"):
            raise Complaint(f"find: paths must precede expression: `{word}'\n{self._guess(word)}")
        raise Complaint(f"find: unknown predicate `{word}'\n")

    def _guess(self, word: str) -> str:
        """The shell may have made several words of a pattern."""
        before = [word for word in self.words[: self.at] if word in ("-name", "-iname", "-path")]
        call = self.run.call
        if not before or not call.fs.exists(call.path(word)):
            return ""
        return f"find: possible unquoted pattern after predicate `{before[-1]}'?\n"

    def _value(self, word: str) -> str:
        if self.at == len(self.words):
            raise Complaint(f"find: missing argument to `{word}'\n")
        self.at += 1
        return self.words[self.at - 1]

    def _option(self, word: str) -> None:
        if word in ("-depth", "-d"):
            self.run.depth_first = True
        elif word == "-daystart":
            self.run.now += 86400 - self.run.now % 86400
        else:
            self.run.one_system = True

    def _level(self, word: str, value: str) -> None:
        if not value.isdecimal():
            raise Complaint(
                f"find: Expected a positive decimal integer argument to {word}, but got ‘{value}’\n"
            )
        if word == "-maxdepth":
            self.run.most = int(value)
        else:
            self.run.least = int(value)

    def _regular(self, value: str) -> None:
        if value not in TYPES:
            known = ", ".join(f"‘{name}’" for name in TYPES)
            raise Complaint(
                f"find: Unknown regular expression type ‘{value}’; valid types are {known}.\n"
            )
        self.run.regular = value


async def _always(_one: FoundFile) -> bool:
    return True
