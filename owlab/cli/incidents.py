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
from owlab import marks, places
from owlab.cli.shared_options import existing_lab, friendly, hint, lab_options
from owlab.errors import ConfigError
from owlab.language import _, aside


@click.command("break")
@click.argument("name", required=False)
@lab_options
@friendly
def break_lab(name: str | None, **which: Any) -> None:
    """Put an incident in (a random one without NAME), and tell its story, not its cause."""
    lab = existing_lab(**which)
    _tell(known.put_in(lab, name or random.choice(list(known.INCIDENTS))))
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
    """List the incidents, tell the story of one (NAME), or ask about it.

    Without NAME, the options are about the one that was put in last.
    """
    if what is None and number is None:
        if name:
            _tell(known.find(name))
            click.echo(hint(f"owlab break {name}", which["lab_name"]))
        else:
            _list(which["lab_name"])
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


def _tell(incident: known.Incident) -> None:
    head = _("{name} (level {level}, about {minutes} minutes)").format(
        name=incident.name, level=incident.level, minutes=incident.minutes
    )
    click.secho(head, bold=True)
    click.echo(f"\n{click.wrap_text(_(incident.story), 88)}\n")


def _list(lab_name: str) -> None:
    """In the order in which they are best met, each with how far the lab is with it."""
    table = Table(_("Name"), _("Level"), _("Minutes"))
    table.add_column(_("What people say"), overflow="fold")  # Chinese has no spaces
    table.add_column(_("In this lab"), no_wrap=True)
    found = marks.of(places.lab_directory(lab_name))
    level = 1
    for one in known.INCIDENTS.values():
        if one.level != level:
            table.add_section()
        level = one.level
        story = _first_sentence(_(one.story))
        table.add_row(one.name, str(level), str(one.minutes), story, _state(one.name, found))
    Console().print(table)
    begin = next(iter(known.INCIDENTS))
    text = _(
        "The easy ones come first. Put one in:  owlab break {begin}\nA random one:  owlab break"
    ).format(begin=begin)
    click.echo(hint(text, lab_name))


def _state(name: str, found: list[marks.Mark]) -> str:
    if name in marks.mended(found):
        return _("mended")
    events = {mark.event for mark in found if mark.kind == "incident" and mark.key == name}
    if not events:
        return ""
    return _("given up") if "given-up" in events else _("begun")


def _first_sentence(story: str) -> str:
    """With the full stop of its language."""
    return re.split(r"(?<=\.) |(?<=。)", story)[0]


def _show(event: Any) -> None:
    if event.kind == "command-started":
        click.secho(f"{event.machine}$ {event.command}", bold=True)
    elif event.kind == "command-output":
        click.echo(event.text, nl=False)
