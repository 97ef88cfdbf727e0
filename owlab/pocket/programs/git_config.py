"""`git config`: names and values in ``~/.gitconfig``, ``/etc/gitconfig`` and ``.git/config``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from owlab.pocket.programs.base import Call
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
)
SHORT = {"-l": "--list", "-e": "--edit"}
IGNORED = ("--type", "--bool", "--int", "--includes", "--no-includes", "--path", "--replace-all")


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
    for word in words:
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
        elif word.startswith("--") and word.partition("=")[0] not in IGNORED:
            raise Complaint(f"error: unknown option `{word[2:]}'\n", 129)
        elif not word.startswith("--"):
            keys.append(word)
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
    if action == "--get-regexp":
        found = [
            line
            for one in places
            for line in _lines(call, files[one])
            if line.name and re.search(keys[0], line.name)
        ]
        rows = (line.name if line.value is None else f"{line.name} {line.value}" for line in found)
        await call.out("".join(f"{row}\n" for row in rows))
        return 0 if found else MISSING
    name = _name(keys[0])
    sets = len(keys) > 1 and action not in ("--get", "--get-all", "--unset", "--unset-all")
    if sets or action in ("--unset", "--unset-all"):
        target = place or ("--local" if local is not None else "")
        if not target:
            raise Complaint("fatal: not in a git directory\n", 128)
        return _change(call, files[target], name, keys[0], keys[1] if sets else None, action)
    values = [x.value for one in places for x in _lines(call, files[one]) if x.name == name]
    chosen = values if action == "--get-all" else values[-1:]
    typed = "true" if {"--bool", "--type=bool"} & set(words) else ""
    await call.out("".join(f"{typed if value is None else value}\n" for value in chosen))
    return 0 if chosen else MISSING


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


def _change(call: Call, path: str, name: str, key: str, value: str | None, action: str) -> int:
    lines = _lines(call, path)
    same = [at for at, line in enumerate(lines) if line.name == name]
    if value is None:
        if not same:
            return MANY
        if len(same) > 1 and action == "--unset":
            raise Complaint(f"warning: {name} has multiple values\n", MANY)
        lines = _without_empty([line for line in lines if line.name != name])
    else:
        written = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        if value != value.strip() or "#" in value or ";" in value:
            written = f'"{written}"'
        new = ConfigLine(f"\t{key.rpartition('.')[2]} = {written}", name, value)
        section = name.rpartition(".")[0]
        if same and action != "--add":
            if len(same) > 1:
                raise Complaint(
                    f"warning: {name} has multiple values\nerror: cannot overwrite multiple values "
                    "with a single value\n       Use a regexp, --add or --replace-all to change "
                    f"{key}.\n",
                    MANY,
                )
            lines[same[0]] = new
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
