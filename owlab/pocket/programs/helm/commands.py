"""The commands of ``helm`` as data: their words, arguments, flags, and what runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owlab.pocket.programs.pflag import Flag, UsageError

if TYPE_CHECKING:
    from owlab.pocket.programs.helm.invocation import HelmInvocation

Run = Callable[["HelmInvocation"], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Arity:
    """How many arguments a command takes; no ``most`` means any number."""

    least: int = 0
    most: int | None = 0

    def check(self, command: HelmCommand, count: int) -> None:
        """Raise UsageError, in Helm's words, unless ``count`` arguments fit."""
        if count >= self.least and (self.most is None or count <= self.most):
            return
        if self.most == 0:
            problem = "accepts no arguments"
        else:
            number = self.least if count < self.least else self.most
            kind = (
                "" if self.least == self.most else "at least " if self.most is None else "at most "
            )
            problem = f"requires {kind}{number} argument{'' if number == 1 else 's'}"
        raise UsageError(f'"helm {command.path}" {problem}\n\nUsage:  {command.usage}')


NONE = Arity()


def exactly(count: int) -> Arity:
    """That many arguments."""
    return Arity(count, count)


def at_least(count: int) -> Arity:
    """That many arguments or more."""
    return Arity(count, None)


@dataclass(frozen=True, slots=True)
class HelmCommand:
    """One command. A group, such as ``repo``, has no ``run``."""

    path: str
    takes: str
    short: str
    arity: Arity = NONE
    flags: tuple[Flag, ...] = ()
    run: Run | None = None
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The last word of its path."""
        return self.path.rpartition(" ")[2]

    @property
    def usage(self) -> str:
        """The line that says how it is called."""
        if self.run is None:
            return f"helm {self.path} [command]".replace("  ", " ")
        return " ".join(["helm", self.path, *([self.takes] if self.takes else []), "[flags]"])


COMMANDS: dict[str, HelmCommand] = {}


def group(path: str, short: str, *aliases: str) -> None:
    """Declare a word that only has commands below it."""
    COMMANDS[path] = HelmCommand(path, "", short, aliases=aliases)


def command(
    path: str,
    takes: str,
    short: str,
    arity: Arity = NONE,
    flags: tuple[Flag, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Callable[[Run], Run]:
    """Declare a command and what runs it."""

    def register(run: Run) -> Run:
        COMMANDS[path] = HelmCommand(path, takes, short, arity, flags, run, aliases)
        return run

    return register


def below(path: str) -> list[HelmCommand]:
    """The commands one word below ``path``, by name."""
    prefix = f"{path} " if path else ""
    found = [
        entry
        for key, entry in COMMANDS.items()
        if key.startswith(prefix) and key != path and " " not in key[len(prefix) :]
    ]
    return sorted(found, key=lambda entry: entry.name)


def find(words: list[str], valued: set[str]) -> tuple[HelmCommand | None, list[str]]:
    """The command that ``words`` name, and the words without its path.

    ``valued`` are the global flags, as typed, whose value is the next word: it is no command.
    """
    path = ""
    rest: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word == "--":
            rest += [word, *pending]
            break
        if word.startswith("-") and word != "-":
            rest.append(word)
            if word in valued and pending:
                rest.append(pending.pop(0))
            continue
        step = next((c for c in below(path) if word == c.name or word in c.aliases), None)
        if step is None:
            rest += [word, *pending]
            break
        path = step.path
        if step.run is not None and not below(path):
            rest += pending
            break
    return COMMANDS.get(path), rest
