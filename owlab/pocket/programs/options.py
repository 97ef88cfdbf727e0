"""Command lines of the GNU tools: short and long options, and their complaints about wrong ones."""

from __future__ import annotations

import getopt
from collections.abc import Iterable
from dataclasses import dataclass

from owlab.pocket.programs.base import Call


class Complaint(Exception):
    """A program gives up: what it says, and its exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.text, self.status = text, status


@dataclass(frozen=True, slots=True)
class Options:
    """A parsed command line."""

    given: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """One of these was given: ``r`` for ``-r``, ``recursive`` for ``--recursive``."""
        return any(name in names for name, _ in self.given)

    def value(self, *names: str) -> str | None:
        """The last value of one of these."""
        return next((value for name, value in reversed(self.given) if name in names), None)

    def values(self, *names: str) -> list[str]:
        """Every value of these, in order."""
        return [value for name, value in self.given if name in names]


def parse(
    call: Call, short: str, long: str = "", status: int = 1, mixed: bool = True, absent: str = ""
) -> Options:
    """Read the words; ``short`` and ``long`` (words with ``=`` for a value) as for ``getopt``.

    ``name?`` is a long option whose value may be left out. ``absent``: as for :func:`refuse`.

    Raises :class:`Complaint` in the words of the GNU tools.
    """
    read = getopt.gnu_getopt if mixed else getopt.getopt
    maybe = {f"--{name[:-1]}" for name in long.split() if name.endswith("?")}
    argv = [f"{word}=" if word in maybe else word for word in call.argv]
    try:
        given, words = read(argv, short, long.replace("?", "=").split())
    except getopt.GetoptError as error:
        raise Complaint(_complaint(call.name, error), status) from None
    refuse(call.name, given, absent, status)
    return Options(tuple((name.lstrip("-"), value) for name, value in given), tuple(words))


def refuse(name: str, given: Iterable[tuple[str, str]], absent: str, status: int = 1) -> None:
    """Raise :class:`Complaint` for an option that the program has, and the lab's has not."""
    lacking = absent.split()
    for option, _ in given:
        plain = option.lstrip("-")
        if plain in lacking:
            shown = f"{'-' if len(plain) == 1 else '--'}{plain}"
            text = f"{name}: {shown} is not part of the pocket lab's {name}\n"
            raise Complaint(text, status)


def usage(name: str, text: str, status: int = 1) -> Complaint:
    """``NAME: TEXT`` and where to look."""
    return Complaint(f"{name}: {text}\nTry '{name} --help' for more information.\n", status)


def missing_operand(name: str, words: tuple[str, ...] = (), what: str = "operand") -> Complaint:
    """Nothing, or not enough, to work on."""
    after = f" after ‘{words[-1]}’" if words else ""
    return usage(name, f"missing {what}{after}")


def _complaint(name: str, error: getopt.GetoptError) -> str:
    option, text = error.opt, error.msg
    one = len(option) == 1
    if "requires argument" in text:
        text = (
            f"option requires an argument -- '{option}'"
            if one
            else f"option '--{option}' requires an argument"
        )
    elif "must not have" in text:
        text = f"option '--{option}' doesn't allow an argument"
    elif "not a unique" in text:
        text = f"option '--{option}' is ambiguous"
    else:
        text = f"invalid option -- '{option}'" if one else f"unrecognized option '--{option}'"
    return f"{name}: {text}\nTry '{name} --help' for more information.\n"
