"""What is there and what is possible: config, labs, doctor."""

from __future__ import annotations

import sys
from typing import Any

import click
import yaml
from rich.console import Console
from rich.table import Table

from owlab import places
from owlab.cli.common import friendly, lab_options, open_lab
from owlab.cli.findings import findings_table
from owlab.config import AS_WRITTEN, LabConfig
from owlab.errors import DamagedRecord
from owlab.record import Record


@click.command()
@lab_options
@click.option("--defaults", is_flag=True, help="Show every setting with its default instead.")
@friendly
def config(defaults: bool, **which: Any) -> None:
    """Show the lab's settings as YAML; its output is a valid --config file."""
    if defaults:
        table = Table(box=None, pad_edge=False)
        table.add_column("setting", no_wrap=True)
        for heading in ("default", "with as_written"):
            table.add_column(heading, overflow="fold")
        for name, value in LabConfig().flat().items():
            table.add_row(name, repr(value), repr(AS_WRITTEN[name]) if name in AS_WRITTEN else "")
        Console().print(table)
        return
    lab = open_lab(planning=True, **which)
    settings = lab.config.flat()
    settings.pop("name")
    click.echo(yaml.safe_dump(settings, sort_keys=False), nl=False)


@click.command()
@friendly
def labs() -> None:
    """List the labs of this computer: name, provider, machines that it made."""
    names = places.lab_names()
    width = max((len(name) for name in names), default=0)
    for name in names:
        record = Record(places.lab_directory(name))
        try:
            provider = str((record.settings() or {}).get("provider", ""))
            click.echo(f"{name:<{width}}  {provider:<9}  {', '.join(record.made())}".rstrip())
        except DamagedRecord as error:
            click.echo(f"{name:<{width}}  damaged    {error.brief}")
    if not names:
        click.echo("No labs yet. Make one with `owlab up`.", err=True)


@click.command()
@lab_options
@friendly
def doctor(**which: Any) -> None:
    """Show what this computer can run, and what is missing."""
    from owlab.doctor import examine

    lab = open_lab(planning=True, what_if=True, **which)
    findings = examine(lab)
    Console().print(findings_table(findings))
    if any(finding.verdict == "fail" for finding in findings):
        sys.exit(1)
