"""Reads a command's words as Multipass does: options anywhere, ``--`` ends them."""

from __future__ import annotations

from dataclasses import dataclass, field

from owlab.pocket.multipass.failures import usage


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command: its names, and the name of its value if it takes one."""

    names: tuple[str, ...]
    value: str = ""
    about: str = ""

    @property
    def key(self) -> str:
        """The name under which the value is kept."""
        return max(self.names, key=len)


HELP = Option(("h", "help"), about="Displays help on commandline options")
VERBOSE = Option(("v", "verbose"), about="Increase logging verbosity (repeat up to four times)")


@dataclass
class VerbArguments:
    """What was given: values by option, and the rest in order."""

    values: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def last(self, key: str, default: str = "") -> str:
        """The value that counts: the last one given."""
        return self.values.get(key, [default])[-1]


def parse(argv: list[str], options: tuple[Option, ...]) -> VerbArguments:
    """Split words into options and the rest; unknown options are refused."""
    known = {name: option for option in (*options, HELP, VERBOSE) for name in option.names}
    words = VerbArguments()
    queue = list(argv)
    while queue:
        word = queue.pop(0)
        if word == "--":
            words.rest += queue
            break
        if len(word) < 2 or not word.startswith("-"):
            words.rest.append(word)
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            _take(words, known, name, value if equals else None, queue)
        else:
            _short(words, known, word[1:], queue)
    return words


def _short(words: VerbArguments, known: dict[str, Option], letters: str, queue: list[str]) -> None:
    """``-c2``, ``-c 2``, ``-rp``: letters up to the first that takes a value."""
    while letters:
        letter, letters = letters[0], letters[1:]
        option = known.get(letter)
        if option is not None and option.value and letters:
            _take(words, known, letter, letters.removeprefix("="), queue)
            return
        _take(words, known, letter, None, queue)


def _take(
    words: VerbArguments, known: dict[str, Option], name: str, value: str | None, queue: list[str]
) -> None:
    option = known.get(name)
    if option is None:
        raise usage(f"Unknown option '{name}'.")
    if not option.value:
        if value is not None:
            raise usage(f"Unexpected value after '--{name}'.")
        value = ""
    elif value is None:
        if not queue:
            dashes = "-" if len(name) == 1 else "--"
            raise usage(f"Missing value after '{dashes}{name}'.")
        value = queue.pop(0)
    words.values.setdefault(option.key, []).append(value)
