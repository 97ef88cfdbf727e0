"""The words of a command line: which command, its flags, pairs of parameters, and the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.programs.pflag import Parsed, UsageError
from owlab.pocket.programs.pflag import parse as sort_flags
from owlab.pocket.programs.wsk.exits import USAGE, FlagError, WskError
from owlab.pocket.programs.wsk.flags import FLAGS, GLOBAL, flags_of
from owlab.pocket.programs.wsk.guesses import suggestions

# What a pair's flags are called, and what wsk says in front of an error of theirs.
PAIRS = {
    "-p": ("param", "The parameter arguments are invalid: "),
    "--param": ("param", "The parameter arguments are invalid: "),
    "-a": ("annotation", "The annotation arguments are invalid: "),
    "--annotation": ("annotation", "The annotation arguments are invalid: "),
    "-F": ("feed-param", ""),
    "--feed-param": ("feed-param", ""),
    "-T": ("trigger-param", ""),
    "--trigger-param": ("trigger-param", ""),
}
FILES = {
    "-P": ("param", "The parameter arguments are invalid: "),
    "--param-file": ("param", "The parameter arguments are invalid: "),
    "-A": ("annotation", "The annotation arguments are invalid: "),
    "--annotation-file": ("annotation", "The annotation arguments are invalid: "),
}
Read = Callable[[str], bytes]
"""Reads a file that the command line names; raises WskError."""


@dataclass(slots=True)
class WskArguments:
    """A parsed command line."""

    path: tuple[str, ...]
    """The command's words, as far as there is such a command."""
    rest: list[str]
    flags: Parsed
    texts: dict[str, list[str]] = field(default_factory=dict)
    """Objects as JSON, in order: a pair's, or a file's."""

    def on(self, name: str) -> bool:
        """A switch is set."""
        return bool(self.flags.values.get(name))

    def given(self, name: str) -> bool:
        """The flag stands on the command line."""
        return name in self.flags.given

    def text(self, name: str) -> str:
        """A flag's value; nothing when it is not given and has no default."""
        value = self.flags.values.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A flag's whole number."""
        return int(self.flags.values.get(name) or 0)

    def object(self, name: str) -> dict[str, Any]:
        """Pairs and files together, later ones winning. Raises ValueError for what is no JSON."""
        merged: dict[str, Any] = {}
        for text in self.texts.get(name, []):
            value, _ = json.JSONDecoder(parse_constant=_not_json).raw_decode(text.lstrip())
            if not isinstance(value, dict):
                kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
                raise ValueError(
                    f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
                )
            merged |= value
        return merged


def pair(key: str, value: str) -> str:
    """A pair as the JSON that wsk makes of it: a value that is no JSON is put between quotes as it
    is, so that one with quotes or backslashes of its own is refused."""
    key = key.replace("\\", "\\\\").replace('"', '\\"')
    try:
        json.loads(value, parse_constant=_not_json)
    except (ValueError, RecursionError):
        value = f'"{value}"'
    return f'{{"{key}": {value}}}'


def _not_json(name: str) -> Any:
    raise ValueError(name)


def parse(argv: list[str], read: Read) -> WskArguments:
    """Sort the words of a command line."""
    words, texts = _pairs(argv, read)
    path, rest = command(words)
    unknown = None if path else _first(rest)
    if unknown not in (None, "help"):
        text = f'unknown command "{unknown}" for "wsk"' + suggestions(str(unknown))
        raise FlagError(f"Error: {text}\n{USAGE}{text}")
    try:
        parsed = sort_flags(rest, flags_of(path))
    except UsageError as error:
        # A command with verbs tells it twice, the verbs themselves once.
        raise FlagError(str(error) if path in FLAGS else f"Error: {error}\n{error}") from error
    for name in {name for name, _ in PAIRS.values()} & parsed.given:
        # ``--param=JSON`` takes the place of all pairs.
        texts[name] = parsed.values[name]
    return WskArguments(path, parsed.arguments, parsed, texts)


def _pairs(argv: list[str], read: Read) -> tuple[list[str], dict[str, list[str]]]:
    """Take pairs and their files out, wherever they stand: wsk does so before all else."""
    words, texts, at = [], dict[str, list[str]](), 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word in FILES:
            name, doing = FILES[word]
            if at >= len(argv):
                raise _unparsed(f"{doing}An argument must be provided for '{word}'")
            try:
                text = read(argv[at]).decode(errors="replace")
            except WskError as error:
                raise _unparsed(error.message, error.code) from error
            at += 1
        elif word in PAIRS:
            name, doing = PAIRS[word]
            if at + 1 >= len(argv):
                raise _unparsed(f"{doing}Arguments for '{word}' must be a key/value pair")
            text = pair(argv[at], argv[at + 1])
            at += 2
        else:
            words.append(word)
            continue
        texts.setdefault(name, []).append(text)
    return words, texts


def _unparsed(message: str, code: int = 1) -> WskError:
    return WskError(f"Failed to parse arguments: {message}", code)


def command(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The command that is meant, and the words without its own."""
    path: tuple[str, ...] = ()
    rest: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            return path, [*rest, "--", *words[at:]]
        if word.startswith("-") and len(word) > 1:
            rest.append(word)
            if at < len(words) and _takes_next(word, path):
                rest.append(words[at])
                at += 1
        elif any(known[: len(path) + 1] == (*path, word) for known in FLAGS):
            path = (*path, word)
        else:
            return path, [*rest, word, *words[at:]]
    return path, rest


def _first(words: list[str]) -> str | None:
    """The first word that is no flag's: whatever is not known to be a switch takes the next."""
    known = [flag for flag in GLOBAL if not flag.takes_value]
    switches = {f"--{flag.name}" for flag in known} | {f"-{flag.short}" for flag in known}
    at = 0
    while at < len(words) and words[at] != "--":
        word = words[at]
        if not word.startswith("-"):
            return word
        at += 1 if "=" in word or word in switches else 2
    return None


def _takes_next(word: str, path: tuple[str, ...]) -> bool:
    """The word after a flag belongs to it, as far as it is known by now, which help is not."""
    if "=" in word:
        return False
    if word in ("--help", "-h"):
        return True
    flags = flags_of(path)
    if word.startswith("--"):
        return any(f.name == word[2:] and f.takes_value for f in flags)
    return any(f.short == word[-1] and f.takes_value for f in flags) and len(word) == 2


def keyed(values: dict[str, Any]) -> list[dict[str, Any]]:
    """As OpenWhisk wants parameters and annotations."""
    return [{"key": key, "value": value} for key, value in values.items()]
