"""The whole deployment as one bash script: the commands of the steps, in the guide's order.

It is made of the same :class:`~owlab.command.Command` values that ``owlab up`` executes, so what
is printed and what is run cannot drift apart.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from owlab import guide
from owlab.command import HOST, Command, Variable
from owlab.lab import Lab
from owlab.step import Step
from owlab.steps.mirror import NOT_COVERED

_END = "END"
_USUAL_SECONDS = 120
ENDING = r"""set -euo pipefail

# Never end without a word: where it stopped, and what took too long.
doing=""
stopped() {
    local code=$?
    [ "$code" = 0 ] || echo "Stopped in $doing (exit status $code)." >&2
}
trap stopped EXIT
late() {
    [ "$1" -ne 124 ] || echo "on $2: not done within ${limit:-120} s" >&2
    return "$1"
}
given() { # NAME VALUE: refuse an empty one
    [ -n "$2" ] || { echo "the value of $1 could not be read" >&2; exit 1; }
}
""".splitlines()


def script(lab: Lab, to: str = "") -> str:
    """The deployment as a commented bash script for the lab's provider.

    :param lab: opened with ``planning=True``; nothing is started.
    :param to: the last section, such as ``5``; all by default.
    """
    lines = [*_head(lab), *lab.provider.script_functions()]
    defined: set[str] = set()
    for step in (guide.for_lab(lab, step) for step in guide.ordered(to)):
        lines += ["", f"# {step.section} {step.title}", "#" + "-" * 78]
        lines.append(f'doing="{step.section} {step.title}"')
        commands = [c for place in step.where(lab.config) for c in step.commands(lab, place)]
        for command in commands:
            lines += _render(command, defined)
        if not commands:
            lines.append("# Nothing to type: it is there already.")
        else:
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
    return [*head, "", *ENDING, ""]


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
    yield " ".join([*_limit(command), "on", command.on, *values, f"<<'{_END}'"])
    yield command.text
    yield _END


def _limit(command: Command) -> list[str]:
    """The seconds that a command gets on a machine, unless they are the usual ones."""
    seconds = math.ceil(command.timeout)
    return [] if seconds == _USUAL_SECONDS else [f"limit={seconds}"]


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
        words = [*_limit(source), "on", source.on]
        yield f"{variable.name}=$({' '.join(words)} <<'{_END}'"
        yield source.text
        yield _END
        yield ")"
    yield f'given {variable.name} "${variable.name}"'


def _expectation(step: Step) -> Iterator[str]:
    if step.expect:
        yield ""
        yield "# What to expect, apart from addresses, ages and versions:"
        yield from (f"#   {line}".rstrip() for line in step.expect.splitlines())
