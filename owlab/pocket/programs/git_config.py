"""`git config`: names and values in ``~/.gitconfig``, ``/etc/gitconfig`` and ``.git/config``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.git_config_types import asked_for, stored, typed
from owlab.pocket.programs.options import Complaint

SECTION = re.compile(r'\[([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\]')
LINE = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:=\s*(.*?))?\s*$")
KEY = re.compile(r"([\w-]+)\.(?:(.*)\.)?([A-Za-z][\w-]*)", re.S)
MISSING, MANY, INVALID = 1, 5, 1
ACTIONS = (
    "--list",
    "--get",
    "--get-all",
    "--unset",
    "--unset-all",
    "--add",
    "--edit",
    "--get-regexp",
    "--replace-all",
)
SHORT = {"-l": "--list", "-e": "--edit"}
IGNORED = ("--no-type", "--no-includes")


@dataclass(frozen=True, slots=True)
class ConfigLine:
    """A line of such a file; with the name that it sets, if it does."""

    text: str
    name: str = ""
    value: str | None = ""
    """None without a sign of equality, which is as good as true."""


PART = re.compile(r'\\(.)|"|([#;])|.')
ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def _value(text: str) -> str:
    """What a value is without its quotes, its escapes, and a remark behind it."""
    value, kept, quoted = "", 0, False
    for part in PART.finditer(text):
        if part[2] and not quoted:
            break
        if part[0] == '"':
            quoted = not quoted
        else:
            value += ESCAPES.get(part[1], part[1]) if part[1] else part[0]
        if quoted or not part[0].isspace():
            kept = len(value)
    return value[:kept]


def read(text: str) -> list[ConfigLine]:
    """The lines of a file."""
    lines, section = [], ""
    for line in text.splitlines():
        if (found := SECTION.match(line.strip())) is not None:
            section = found[1].lower() + (f".{found[2]}" if found[2] is not None else "")
            lines.append(ConfigLine(line))
        elif section and (pair := LINE.match(line)) is not None:
            value = None if pair[2] is None else _value(pair[2])
            lines.append(ConfigLine(line, f"{section}.{pair[1].lower()}", value))
        else:
            lines.append(ConfigLine(line))
    return lines


async def config(call: Call, words: list[str], local: str | None) -> int:
    """``git config``: read, set, list, unset.

    :param local: the repository's file, if there is one.
    """
    action, place, keys = "", "", []
    shows_origin = nul = False
    names_only = False
    kind, options = asked_for(words)
    for word in options:
        word = SHORT.get(word, word)
        if word in ACTIONS:
            action = word
        elif word in ("--global", "--system", "--local"):
            place = word
        elif word == "--show-origin":
            shows_origin = True
        elif word in ("-z", "--null"):
            nul = True
        elif word == "--name-only":
            names_only = True
        elif not word.startswith("-"):
            keys.append(word)
        elif word not in IGNORED:
            said = f"option `{word[2:]}'" if word.startswith("--") else f"switch `{word[1:2]}'"
            raise Complaint(f"error: unknown {said}\n", 129)
    if not words:
        raise Complaint("usage: git config [<options>]\n", 129)
    files = {"--system": "/etc/gitconfig", "--global": f"{call.home}/.gitconfig"}
    if local is not None:
        files["--local"] = local
    elif place == "--local":
        raise Complaint("fatal: --local can only be used inside a git repository\n", 128)
    if action == "--edit":
        raise Complaint(f"fatal: open {files[place or '--local']} in an editor instead\n", 128)
    places = [place] if place else list(files)
    if action == "--list":
        if place == "--global" and call.read(files[place]) is None:
            raise Complaint(
                f"fatal: unable to read config file '{files[place]}': No such file or directory\n",
                128,
            )
        for one in places:
            before = f"file:{files[one]}\t" if shows_origin else ""
            for line in _lines(call, files[one]):
                if line.name:
                    bare = names_only or line.value is None
                    equals = "\n" if nul else "="
                    shown = line.name if bare else f"{line.name}{equals}{line.value}"
                    await call.out(f"{before}{shown}" + ("\0" if nul else "\n"))
        return 0
    if not keys:
        raise Complaint("error: wrong number of arguments, should be 1\n", 129)
    most = 3 if action in ("", "--replace-all") else 2
    if len(keys) > most or (action in ("--add", "--replace-all") and len(keys) < 2):
        raise Complaint("error: wrong number of arguments\n", 129)
    if action == "--get-regexp":
        fits = _fitting(keys[1:])
        found = [
            (one, line)
            for one in places
            for line in _lines(call, files[one])
            if line.name and re.search(keys[0], line.name) and fits(line.value)
        ]
        for one, line in found:
            shown = _shown(call, kind, line, files[one])
            bare = names_only or (line.value is None and not kind)
            await call.out(line.name + ("" if bare else f" {shown}") + "\n")
        return 0 if found else MISSING
    name = _name(keys[0])
    sets = len(keys) > 1 and action in ("", "--add", "--replace-all")
    if sets or action in ("--unset", "--unset-all"):
        target = place or ("--local" if local is not None else "")
        if not target:
            raise Complaint("fatal: not in a git directory\n", 128)
        value = stored(kind, name, keys[1]) if sets else None
        fits = _fitting(keys[2 if sets else 1 :])
        return _change(call, files[target], name, keys[0], value, action, fits)
    fits = _fitting(keys[1:])
    found = [
        (one, line)
        for one in places
        for line in _lines(call, files[one])
        if line.name == name and fits(line.value)
    ]
    chosen = found if action == "--get-all" else found[-1:]
    shown_values = [_shown(call, kind, line, files[one]) for one, line in chosen]
    await call.out("".join(f"{value}\n" for value in shown_values))
    return 0 if chosen else MISSING


def _shown(call: Call, kind: str, line: ConfigLine, file: str) -> str:
    near = posixpath.relpath(file, call.cwd)
    return typed(kind, line.name, line.value, call.home, file if near.startswith("..") else near)


def _fitting(patterns: list[str]) -> Callable[[str | None], bool]:
    """Whether a value is meant, by the pattern that may stand behind a name."""
    if not patterns:
        return lambda value: True
    pattern = patterns[0].removeprefix("!")
    try:
        wanted = re.compile(pattern)
    except re.error:
        raise Complaint(f"error: invalid pattern: {patterns[0]}\n", 6) from None
    negated = patterns[0].startswith("!")
    return lambda value: (wanted.search(value or "") is not None) != negated


def _lines(call: Call, path: str) -> list[ConfigLine]:
    return read((call.read(path) or b"").decode(errors="replace"))


def _name(key: str) -> str:
    if "." not in key:
        raise Complaint(f"error: key does not contain a section: {key}\n", INVALID)
    found = KEY.fullmatch(key)
    if found is None:
        raise Complaint(f"error: invalid key: {key}\n", INVALID)
    middle = f".{found[2]}" if found[2] is not None else ""
    return f"{found[1].lower()}{middle}.{found[3].lower()}"


def _change(
    call: Call,
    path: str,
    name: str,
    key: str,
    value: str | None,
    action: str,
    fits: Callable[[str | None], bool],
) -> int:
    lines = _lines(call, path)
    same = [at for at, line in enumerate(lines) if line.name == name and fits(line.value)]
    if value is None:
        if not same:
            return MANY
        if len(same) > 1 and action == "--unset":
            raise Complaint(f"warning: {name} has multiple values\n", MANY)
        lines = _without_empty([line for at, line in enumerate(lines) if at not in same])
    else:
        written = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        if value != value.strip() or "#" in value or ";" in value:
            written = f'"{written}"'
        new = ConfigLine(f"\t{key.rpartition('.')[2]} = {written}", name, value)
        section = name.rpartition(".")[0]
        if same and action != "--add":
            if len(same) > 1 and action != "--replace-all":
                raise Complaint(
                    f"warning: {name} has multiple values\nerror: cannot overwrite multiple values "
                    "with a single value\n       Use a regexp, --add or --replace-all to change "
                    f"{key}.\n",
                    MANY,
                )
            lines[same[-1]] = new
            lines = [line for at, line in enumerate(lines) if at not in same[:-1]]
        else:
            _insert(lines, section, key, new)
    call.write(path, "".join(f"{line.text}\n" for line in lines).encode())
    return 0


def _without_empty(lines: list[ConfigLine]) -> list[ConfigLine]:
    """Without sections that have nothing left in them."""
    heads = [SECTION.match(line.text.strip()) is not None for line in lines]
    ends = [*heads[1:], True]
    return [line for line, head, end in zip(lines, heads, ends, strict=True) if not (head and end)]


def _insert(lines: list[ConfigLine], section: str, key: str, new: ConfigLine) -> None:
    """Behind the last line of its section, which is made where it is missing."""
    last = None
    current = ""
    for at, line in enumerate(lines):
        if (found := SECTION.match(line.text.strip())) is not None:
            current = found[1].lower() + (f".{found[2]}" if found[2] is not None else "")
        if current == section:
            last = at
    if last is not None:
        lines.insert(last + 1, new)
        return
    head, _, sub = key.rpartition(".")[0].partition(".")
    lines += [ConfigLine(f'[{head} "{sub}"]' if sub else f"[{head}]"), new]
