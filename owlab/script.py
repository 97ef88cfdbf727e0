"""The whole deployment as one bash script: the commands of the steps, in the guide's order.

It is made of the same :class:`~owlab.command.Command` values that ``owlab up`` executes, so what
is printed and what is run cannot drift apart.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from owlab import guide
from owlab.command import HOST, Command, Variable
from owlab.lab import Lab
from owlab.step import Step
from owlab.steps.mirror import NOT_COVERED

_END = "END"


def script(lab: Lab, to: str = "") -> str:
    """The deployment as a commented bash script for the lab's provider.

    :param lab: opened with ``planning=True``; nothing is started.
    :param to: the last section, such as ``5``; all by default.
    """
    lines = [*_head(lab), *lab.provider.script_functions()]
    defined: set[str] = set()
    for step in guide.ordered(to):
        lines += ["", f"# {step.section} {step.title}", "#" + "-" * 78]
        commands = [c for place in step.where(lab.config) for c in step.commands(lab, place)]
        for command in commands:
            lines += _render(command, defined)
        if not commands:
            lines.append("# Nothing to type: it is there already.")
        elif lab.config.has_machines or guide.section_number(step.section) >= (5,):
            lines += _expectation(step)
    return "\n".join(lines) + "\n"


def _head(lab: Lab) -> list[str]:
    config = lab.config
    choice = "as the guide is written" if config.as_written else "with owlab's defaults"
    head = [
        "#!/usr/bin/env bash",
        "#",
        f"# Deploy Apache OpenWhisk on a K3s cluster: provider {config.provider}, {choice}.",
        "# Every command can also be typed by hand, in this order.",
        "#",
        "# The file with the keys is made on the way: shellcheck cannot read it.",
        "# shellcheck disable=SC1091",
    ]
    if config.mirror == "cn":
        head += ["#", "# Mirrors are set where there are some. Not covered:"]
        head += [f"#   - {what}" for what in NOT_COVERED]
    return [*head, "", "set -euo pipefail", ""]


def _render(command: Command, defined: set[str]) -> Iterator[str]:
    for variable in command.variables:
        yield from _define(variable, defined)
    if command.why:
        yield ""
        yield from textwrap.wrap(command.why, 78, initial_indent="# ", subsequent_indent="# ")
    if command.on == HOST:
        yield command.text
        return
    values = [f'{variable.name}="${variable.name}"' for variable in command.variables]
    yield " ".join(["on", command.on, *values, f"<<'{_END}'"])
    yield command.text
    yield _END


def _define(variable: Variable, defined: set[str]) -> Iterator[str]:
    if variable.name in defined:
        return
    defined.add(variable.name)
    for needed in variable.source.variables:
        yield from _define(needed, defined)
    source = variable.source
    yield ""
    if source.on == HOST:
        yield f"{variable.name}=$({source.text})"
    else:
        yield f"{variable.name}=$(on {source.on} <<'{_END}'"
        yield source.text
        yield _END
        yield ")"


def _expectation(step: Step) -> Iterator[str]:
    if step.expect:
        yield ""
        yield "# What to expect, apart from addresses, ages and versions:"
        yield from (f"#   {line}".rstrip() for line in step.expect.splitlines())
