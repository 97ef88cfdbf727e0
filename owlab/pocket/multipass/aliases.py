"""``alias``, ``aliases``, ``unalias`` and ``prefer``: commands of machines by other names."""

from __future__ import annotations

import json
import shlex
from typing import Any

import yaml

from owlab.pocket.multipass import inside
from owlab.pocket.multipass.failures import usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import Option, VerbArguments

SETTING = "multipass-aliases"
ALIAS = (Option(("n", "no-map-working-directory"), about="Do not map the host execution path"),)
UNALIAS = (Option(("all",), about="Remove all aliases from current context"),)
DEFAULT = "default"


class AliasBook:
    """What the client keeps of aliases: contexts, and which of them is preferred."""

    def __init__(self, call: Invocation) -> None:
        self._lab = call.lab
        kept = json.loads(call.lab.recall(SETTING) or "{}")
        self.active: str = kept.get("active-context", DEFAULT)
        self.contexts: dict[str, dict[str, Any]] = kept.get("contexts") or {DEFAULT: {}}
        for held in self.contexts.values():
            # With a machine that is gone for good, its aliases are.
            for name in [n for n, one in held.items() if not self._is_there(one["instance"])]:
                del held[name]

    def _is_there(self, instance: str) -> bool:
        return instance in self._lab.fleet.machines

    @property
    def current(self) -> dict[str, Any]:
        """Those of the preferred context."""
        return self.contexts.setdefault(self.active, {})

    def as_record(self) -> dict[str, Any]:
        """For JSON and YAML."""
        return {"active-context": self.active, "contexts": self.contexts}

    def keep(self) -> None:
        """Remember it."""
        self._lab.remember(SETTING, json.dumps(self.as_record()))

    def find(self, name: str) -> dict[str, str] | None:
        """An alias by its name: of the preferred context, or ``CONTEXT.NAME``."""
        if name in self.current:
            return dict(self.current[name])
        context, dot, rest = name.partition(".")
        found = self.contexts.get(context, {}).get(rest) if dot else None
        return dict(found) if found else None


async def alias(call: Invocation, words: VerbArguments) -> int:
    """alias"""
    if not 1 <= len(words.rest) <= 2:
        raise usage("Wrong number of arguments given")
    instance, colon, command = words.rest[0].partition(":")
    if not colon:
        raise usage("No command given")
    if not command:
        raise usage("The command can't be empty")
    if not instance:
        raise usage("The instance name can't be empty")
    name = words.rest[1] if len(words.rest) > 1 else command.rpartition("/")[2]
    machine = call.lab.fleet.machines.get(instance)
    if machine is None or machine.is_host or machine.status == "Deleted":
        raise usage(f"Instance '{instance}' does not exist")
    book = AliasBook(call)
    if name in book.current:
        raise usage(f"Alias '{name}' already exists in current context")
    mapped = "default" if "no-map-working-directory" in words else "map"
    book.current[name] = {"command": command, "instance": instance, "working-directory": mapped}
    book.keep()
    return 0


async def unalias(call: Invocation, words: VerbArguments) -> int:
    """unalias"""
    book = AliasBook(call)
    if "all" in words:
        if words.rest:
            raise usage("Cannot specify name when --all option set")
        book.current.clear()
        book.keep()
        return 0
    if not words.rest:
        raise usage("Name argument or --all is required")
    missing = [name for name in words.rest if name not in book.current]
    if missing:
        many = "es" if len(missing) > 1 else ""
        raise usage(f"Nonexistent alias{many}: {', '.join(missing)}.")
    for name in dict.fromkeys(words.rest):
        del book.current[name]
    book.keep()
    return 0


async def prefer(call: Invocation, words: VerbArguments) -> int:
    """prefer"""
    if len(words.rest) != 1:
        raise usage("Wrong number of arguments given")
    book = AliasBook(call)
    book.active = words.rest[0]
    book.contexts.setdefault(book.active, {})
    book.keep()
    return 0


async def aliases(call: Invocation, words: VerbArguments) -> int:
    """aliases"""
    if words.rest:
        raise usage("This command takes no arguments")
    form = words.last("format", "table")
    book = AliasBook(call)
    if form == "json":
        await call.out(json.dumps(book.as_record(), indent=4, sort_keys=True) + "\n")
        return 0
    if form == "yaml":
        await call.out(yaml.safe_dump(book.as_record()))
        return 0
    rows: list[tuple[str, ...]] = [
        (name, one["instance"], one["command"], f"{context}{_star(book, context)}",
         one["working-directory"])
        for context, held in sorted(book.contexts.items())
        for name, one in sorted(held.items())
    ]  # fmt: skip
    if form == "csv":
        lines = [f"{n},{i},{c},{where},{ctx}" for n, i, c, ctx, where in rows]
        text = "\n".join(["Alias,Instance,Command,Working directory,Context", *lines, ""])
    elif form == "table":
        text = _table(rows)
    else:
        raise usage("Invalid format type given.")
    await call.out(text)
    return 0


def _star(book: AliasBook, context: str) -> str:
    return "*" if context == book.active else ""


def _table(rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "No aliases defined.\n"
    head = ("Alias", "Instance", "Command", "Context", "Working directory")
    widths = [max(len(row[n]) for row in [head, *rows]) + 3 for n in range(4)]
    lines = [
        "".join(f"{cell:<{width}}" for cell, width in zip(row, [*widths, 0], strict=True)).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join([*lines, ""])


async def run(call: Invocation, found: dict[str, str], rest: list[str]) -> int:
    """What an alias stands for, with more words."""
    machine = await inside.awake(call, found["instance"])
    script = shlex.join([found["command"], *rest])
    return await machine.session().run(script, call.out_sink, call.err_sink, stdin=call.stdin)
