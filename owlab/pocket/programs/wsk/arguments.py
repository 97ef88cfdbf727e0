"""The words of a command line: flags and the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.programs.wsk.errors import WskError

VALUES = {
    "apihost", "apiversion", "auth", "cert", "key", "kind", "main", "web", "web-secure", "docker",
    "memory", "timeout", "logsize", "concurrency", "param-file", "annotation-file", "limit", "skip",
    "since", "upto", "namespace", "shared", "feed", "output", "exit", "config", "save-as", "rule",
    "trigger-param",
}  # fmt: skip
PAIRS = {"param", "annotation", "del-annotation", "trigger-param", "feed-param"}
SWITCHES = {
    "insecure", "verbose", "debug", "help", "blocking", "result", "url", "summary", "save",
    "sequence", "copy", "native", "full", "name-sort", "name", "last", "strip", "public",
    "disable", "enable", "force", "all", "apibuild", "apibuildno", "cliversion", "cert", "key",
}  # fmt: skip
SHORT = {
    "i": "insecure", "v": "verbose", "d": "debug", "h": "help", "b": "blocking", "r": "result",
    "p": "param", "P": "param-file", "a": "annotation", "A": "annotation-file", "u": "auth",
    "m": "memory", "t": "timeout", "l": "limit", "s": "skip", "f": "full", "n": "name-sort",
    "c": "concurrency", "o": "output", "e": "exit",
}  # fmt: skip


@dataclass(slots=True)
class Words:
    """A parsed command line."""

    rest: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)
    pairs: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    def number(self, name: str, default: int | None = None) -> int | None:
        """A flag's whole number."""
        given = self.values.get(name)
        if given is None:
            return default
        try:
            return int(given)
        except ValueError:
            raise WskError(
                f'invalid argument "{given}" for "--{name}" flag: strconv.ParseInt: '
                f'parsing "{given}": invalid syntax'
            ) from None


def value_of(text: str) -> Any:
    """A parameter's value: JSON where it is, else the text itself."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return text


def _not_json(name: str) -> Any:
    raise ValueError(name)


def parse(argv: list[str], bare: frozenset[str] = frozenset()) -> Words:
    """Sort the words; ``bare`` flags take no value (``property get --auth``)."""
    words, at = Words(), 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "--":
            words.rest += argv[at:]
            break
        if word == "-" or not word.startswith("-"):
            words.rest.append(word)
            continue
        name, equals, attached = _name(word, words)
        if name is None:
            continue
        if name in PAIRS and not (name == "trigger-param" and equals):
            count = 1 if name == "del-annotation" else 2
            given = ([attached] if equals else []) + argv[at : at + count - bool(equals)]
            at += count - bool(equals)
            if len(given) < count:
                short = next((f"-{k}" for k, v in SHORT.items() if v == name), f"--{name}")
                what = "annotation" if name == "annotation" else "parameter"
                raise WskError(
                    f"Failed to parse arguments: The {what} arguments are invalid: "
                    f"Arguments for '{short}' must be a key/value pair"
                )
            value = value_of(given[1]) if count == 2 else None
            words.pairs.setdefault(name, []).append((given[0], value))
        elif name in bare or (name in SWITCHES and name not in VALUES):
            if equals and attached.lower() in ("false", "0", "f"):
                words.switches.discard(name)
            else:
                words.switches.add(name)
        elif equals:
            words.values[name] = attached
        elif at < len(argv):
            words.values[name] = argv[at]
            at += 1
        else:
            raise WskError(f"flag needs an argument: {word}")
    return words


def _name(word: str, words: Words) -> tuple[str | None, str, str]:
    if word.startswith("--"):
        name, equals, attached = word[2:].partition("=")
        if name not in VALUES | PAIRS | SWITCHES:
            raise WskError(f"unknown flag: --{name}")
        return name, equals, attached
    letters = word[1:]
    for index, letter in enumerate(letters):
        full = SHORT.get(letter)
        if full is None:
            raise WskError(f"unknown shorthand flag: '{letter}' in {word}")
        if full in SWITCHES:
            words.switches.add(full)
            continue
        attached = letters[index + 1 :].removeprefix("=")
        return full, "=" if attached else "", attached
    return None, "", ""


def merged(words: Words, name: str, from_file: dict[str, Any]) -> dict[str, Any]:
    """The file's values, overridden by those on the command line."""
    return from_file | dict(words.pairs.get(name, []))


def keyed(values: dict[str, Any]) -> list[dict[str, Any]]:
    """As OpenWhisk wants parameters and annotations."""
    return [{"key": key, "value": value} for key, value in values.items()]
