"""The front door of ``helm``: sort the words, run the command, say what failed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from owlab.pocket.machines import snaps
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.helm import (
    archives,
    inspecting,
    releasing,
    removing,
    rendering,
    repositories,
    testing,
)
from owlab.pocket.programs.helm.absent import refuse_absent
from owlab.pocket.programs.helm.commands import HelmCommand, find
from owlab.pocket.programs.helm.environment import with_defaults
from owlab.pocket.programs.helm.files import CannotRead
from owlab.pocket.programs.helm.helptext import help_text
from owlab.pocket.programs.helm.invocation import GLOBALS, HelmInvocation
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.pflag import Flag, UsageError, parse

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

HELP = Flag("help", "bool", short="h")
# Importing them declares their commands.
MODULES = (archives, inspecting, releasing, removing, rendering, repositories, testing)
FORMATS = ("table", "json", "yaml")


def _installed(machine: Machine) -> bool:
    return snaps.has(machine, "helm")


def _valued(flags: tuple[Flag, ...]) -> set[str]:
    """Flags as typed that take the next word."""
    words = {f"--{flag.name}" for flag in flags if flag.takes_value}
    return words | {f"-{flag.short}" for flag in flags if flag.short and flag.takes_value}


@program("helm", machines="all", installed=_installed, own_help=True)
async def helm(call: Call) -> int:
    """The Kubernetes package manager."""
    entry, words = find(call.argv, _valued(GLOBALS))
    prefix = ""
    try:
        if words[:1] == ["help"]:
            return await _help(call, find(words[1:], set())[0])
        flags = with_defaults((*GLOBALS, *(entry.flags if entry else ()), HELP), call.env)
        parsed = parse(words, flags)
        for warning in parsed.warnings:
            await call.err(f"{warning}\n")
        refuse_absent(parsed)
        await _check_colour(call, parsed["color"])
        if parsed["help"] or (entry is None and not parsed.arguments):
            return await _help(call, entry)
        if entry is None:
            raise _unknown(parsed.arguments[0])
        if entry.run is None:
            return await _help(call, entry)
        entry.arity.check(entry, len(parsed.arguments))
        _check_output(parsed.values.get("output"))
        prefix = _PREFIX.get(entry.path, "")
        with tempfile.TemporaryDirectory(prefix="owlab-helm-") as scratch:
            return await entry.run(HelmInvocation(call, parsed, Path(scratch)))
    except UsageError as problem:
        await call.err(f"Error: {problem}\n")
    except (HelmFailed, CannotRead) as problem:
        await call.err(f"Error: {prefix}{problem}\n")
    return 1


_PREFIX = {"install": "INSTALLATION FAILED: "}


async def _help(call: Call, entry: HelmCommand | None) -> int:
    await call.out(help_text(entry, GLOBALS))
    return 0


def _unknown(word: str) -> UsageError:
    if word in ("plugin", "push", "registry", "verify", "completion"):
        return UsageError(f'"helm {word}" is not part of the pocket lab')
    return UsageError(f'unknown command "{word}" for "helm"\nRun \'helm --help\' for usage.')


async def _check_colour(call: Call, mode: str) -> None:
    if mode not in ("never", "auto", "always"):
        raise UsageError(f'invalid color mode "{mode}": must be one of: never, auto, always')
    if mode == "always" and "NO_COLOR" not in call.env:
        await call.err("helm: the pocket lab's helm prints no colours\n")


def _check_output(output: str | None) -> None:
    if output is not None and output not in FORMATS:
        raise UsageError(
            f'invalid argument "{output}" for "-o, --output" flag: invalid format type'
        )
