"""Who may do what as whom: ``/etc/sudoers`` and what is in ``/etc/sudoers.d``."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from owlab.pocket.machines.images import SUDOERS

if TYPE_CHECKING:
    from owlab.pocket.machines.accounts import Accounts, PasswdEntry
    from owlab.pocket.machines.machine import Machine

FILE, FOLDER = "/etc/sudoers", "/etc/sudoers.d"
ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)")
NAMED = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
RULE = re.compile(r"(?P<who>[^=]+?)\s+(?P<host>[^\s=]+)\s*=\s*(?P<what>.+)")
RUNAS = re.compile(r"\(\s*([^):]*)(?::\s*([^)]*))?\s*\)\s*")
TAG = re.compile(
    r"(NOPASSWD|PASSWD|NOEXEC|EXEC|SETENV|NOSETENV|LOG_INPUT|NOLOG_INPUT|LOG_OUTPUT|NOLOG_OUTPUT)"
    r"\s*:\s*"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Commands that somebody may run, or with ``!`` may not."""

    who: str
    runas: str
    runas_group: str
    tags: str
    command: str

    def shown(self) -> str:
        """As ``sudo -l`` lists it."""
        group = f" : {self.runas_group}" if self.runas_group else ""
        return f"({self.runas}{group}) {self.tags}{self.command}"


@dataclass
class Sudoers:
    """All rules, in their order, and where a file cannot be read."""

    rules: list[Allowance] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def of(self, user: PasswdEntry, accounts: Accounts) -> list[Allowance]:
        """The rules that name a user, or a group of theirs."""
        groups = {group.name for group in accounts.groups_of(user)}
        return [
            rule
            for rule in self.rules
            if any(_means(word, user, groups) for word in self._expanded(rule.who))
        ]

    def _expanded(self, word: str) -> list[str]:
        return self.aliases.get(word, [word])

    def allow(self, rules: list[Allowance], target: str, words: list[str]) -> bool:
        """The last rule that speaks of a command decides."""
        answer = False
        for rule in rules:
            if not {"ALL", target} & set(_listed(rule.runas)):
                continue
            for command in self._expanded(rule.command.lstrip("!")):
                if _matches(command, words):
                    answer = not rule.command.startswith("!")
        return answer


def _means(word: str, user: PasswdEntry, groups: set[str]) -> bool:
    if word.startswith("%"):
        return word[1:] in groups
    return word in ("ALL", user.name, f"#{user.uid}")


def _matches(command: str, words: list[str]) -> bool:
    """``words`` begin with a path."""
    if command == "ALL":
        return True
    path, *wanted = command.split()
    if path.endswith("/"):
        return posixpath.dirname(words[0]) == path.rstrip("/")
    # A star in a path does not reach over a slash.
    same = fnmatch.fnmatchcase(words[0], path) and words[0].count("/") == path.count("/")
    if wanted == ['""']:
        return same and len(words) == 1
    return same and (not wanted or fnmatch.fnmatchcase(" ".join(words[1:]), " ".join(wanted)))


def read(machine: Machine) -> Sudoers:
    """The machine's rules now."""
    found = Sudoers()
    text = machine.read(FILE)
    _take(found, FILE, SUDOERS if text is None else text.decode(errors="replace"))
    for name in sorted(machine.listdir(FOLDER) or []):
        # As sudo: no editor's copies, and nothing with a dot.
        if "." not in name and not name.endswith("~"):
            path = f"{FOLDER}/{name}"
            _take(found, path, (machine.read(path) or b"").decode(errors="replace"))
    return found


def read_file(machine: Machine, path: str) -> Sudoers:
    """The rules of one file."""
    found = Sudoers()
    _take(found, path, (machine.read(path) or b"").decode(errors="replace"))
    return found


def _take(found: Sudoers, path: str, text: str) -> None:
    found.files.append(path)
    joined = text.replace("\\\n", " ")
    for number, line in enumerate(joined.splitlines(), 1):
        said = re.sub(r"(^|\s)#(?!\d|include).*", "", line).strip()
        if not said or said.startswith(("Defaults", "@include", "#include")):
            continue
        if not _line(found, said):
            found.problems.append(f"{path}:{number}:{len(line)}: syntax error\n{line}\n")


def _line(found: Sudoers, said: str) -> bool:
    """Take one line; False where it is none."""
    if alias := ALIAS.fullmatch(said):
        for one in alias[2].split(" : "):
            named = NAMED.fullmatch(one.strip())
            if named is None:
                return False
            found.aliases[named[1]] = _listed(named[2])
        return True
    rule = RULE.fullmatch(said)
    if rule is None:
        return False
    runas, group, tags = "root", "", ""
    for part in _listed(rule["what"]):
        if given := RUNAS.match(part):
            runas, group = given[1].strip() or "root", (given[2] or "").strip()
            part = part[given.end() :]
        while tag := TAG.match(part):
            tags, part = f"{tag[1]}: ", part[tag.end() :]
        command = part.strip()
        if not (command.lstrip("!").startswith(("/", "sudoedit")) or _is_name(command)):
            return False
        for who in _listed(rule["who"]):
            found.rules.append(Allowance(who, runas, group, tags, command))
    return True


def _is_name(command: str) -> bool:
    return re.fullmatch(r"!?[A-Z][A-Z0-9_]*", command) is not None


def _listed(text: str) -> list[str]:
    """Parts between commas, of which those in brackets separate nothing."""
    return [part.strip() for part in re.split(r"(?<!\\),(?![^(]*\))", text) if part.strip()]
