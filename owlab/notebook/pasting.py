"""What to copy: a command with all that it needs, complete, for one shell.

The values of variables are read on the laptop. So a command that uses some is pasted there, after
their assignments; a secret never stands in it, only the command that reads it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from owlab.command import HOST, Command, Variable
from owlab.machines.provider import Provider

_MARK = re.compile(r"VALUE-OF-(\w+)")


def complete(provider: Provider, command: Command) -> Command:
    """The same command with nothing left to fill in, and where it is typed."""
    if not command.variables:
        return command
    lines = list(_assignments(provider, command.variables, set()))
    return Command("\n".join([*lines, _on_laptop(provider, command)]))


def _assignments(
    provider: Provider, variables: tuple[Variable, ...], defined: set[str]
) -> Iterator[str]:
    for variable in variables:
        if variable.name in defined:
            continue
        defined.add(variable.name)
        yield from _assignments(provider, variable.source.variables, defined)
        yield f"{variable.name}=$({_on_laptop(provider, variable.source)})"


def _on_laptop(provider: Provider, command: Command) -> str:
    """A line of the laptop's shell that runs it where it belongs."""
    if command.on == HOST:
        return command.text
    marks = {variable.name: f"VALUE-OF-{variable.name}" for variable in command.variables}
    program, *words = provider.argv(command, marks)
    return " ".join([Path(program).name, *(_word(word) for word in words)])


def _word(word: str) -> str:
    """Quoted for the shell, with variables where the marks are."""
    quoted = shlex.quote(word)
    inside = quoted != word
    return _MARK.sub("'\"$\\1\"'" if inside else '"$\\1"', quoted)
