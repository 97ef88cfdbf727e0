"""``owlab break`` and ``owlab incidents``: for a class, for practice, for a job interview."""

from __future__ import annotations

import random
import re
import sys
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from owlab import incidents as known
from owlab.cli.common import existing_lab, friendly, hint, lab_options
from owlab.errors import ConfigError
from owlab.language import _, aside


@click.command("break")
@click.argument("name", required=False)
@lab_options
@friendly
def break_lab(name: str | None, **which: Any) -> None:
    """Put an incident in (a random one without NAME), and tell its story, not its cause."""
    lab = existing_lab(**which)
    chosen = known.put_in(lab, name or random.choice(list(known.INCIDENTS)))
    click.secho(
        _("{name} (level {level}, about {minutes} minutes)").format(
            name=chosen.name, level=chosen.level, minutes=chosen.minutes
        ),
        bold=True,
    )
    click.echo(f"\n{click.wrap_text(_(chosen.story), 88)}\n")
    look = _("Look around:  owlab shell master, owlab exec MACHINE -- COMMAND")
    check = _("Is it mended? owlab incidents --check")
    click.echo(hint(f"{look}\n{check}", lab.config.name))


@click.command()
@click.argument("name", required=False)
@click.option("--check", "what", flag_value="check", help="Is it mended? Exit status 1 if not.")
@click.option("--hint", "number", type=click.IntRange(1, 3), help="Tell hint 1, 2 or 3.")
@click.option("--explain", "what", flag_value="explain", help="What it was; when it is mended.")
@click.option("--mend", "what", flag_value="mend", help="Give up: repair it, command by command.")
@lab_options
@friendly
def incidents(name: str | None, what: str | None, number: int | None, **which: Any) -> None:
    """List the incidents; or ask about one (NAME; the last one that was put in)."""
    if what is None and number is None:
        _list()
        return
    lab = existing_lab(**which)
    name = name or known.active(lab)
    if not name:
        raise ConfigError(
            brief=_("No incident was put in."), resolution=_("Put one in: owlab break")
        )
    found = known.find(name)
    if number is not None:
        click.echo(_(found.hints[number - 1]))
        return
    if what == "mend":
        lab.listeners.append(_show)
        known.mend(lab, name)
    report = known.look(lab, name)
    if what == "explain" and report.mended:
        click.echo(click.wrap_text(_(found.why), 88))
        return
    for title, check, said in (
        (report.symptom.evidence[0].what, report.symptom, report.symptom.evidence[0].seen),
        (_("the cause is gone"), report.cause, ""),
        (_("nothing else is broken"), report.rest, report.rest.why if report.cause.done else ""),
    ):
        mark = click.style(
            _("yes") if check.done else _("no "), fg="green" if check.done else "red"
        )
        click.echo(f"{mark}  {aside(title, '' if check.done else said)}")
    sys.exit(0 if report.mended else 1)


def _list() -> None:
    table = Table(_("Name"), _("Level"), _("Minutes"), _("What people say"))
    for one in known.INCIDENTS.values():
        table.add_row(one.name, str(one.level), str(one.minutes), _first_sentence(_(one.story)))
    Console().print(table)
    click.echo(_("Put one in: owlab break NAME. A random one: owlab break"))


def _first_sentence(story: str) -> str:
    """With the full stop of its language."""
    return re.split(r"(?<=\.) |(?<=。)", story)[0]


def _show(event: Any) -> None:
    if event.kind == "command-started":
        click.secho(f"{event.machine}$ {event.command}", bold=True)
    elif event.kind == "command-output":
        click.echo(event.text, nl=False)
