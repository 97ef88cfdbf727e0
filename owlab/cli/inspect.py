"""What is there and what is possible: config, labs, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console
from rich.table import Table

from owlab import places
from owlab.cli.examination import diagnostics_table
from owlab.cli.shared_options import friendly, lab_options, open_lab
from owlab.config import AS_WRITTEN, LabConfig
from owlab.errors import DamagedFolder
from owlab.lab_folder import LabFolder
from owlab.language import _


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
        folder = LabFolder(places.lab_directory(name))
        try:
            provider = str((folder.settings() or {}).get("provider", ""))
            click.echo(f"{name:<{width}}  {provider:<9}  {', '.join(folder.made())}".rstrip())
        except DamagedFolder as error:
            click.echo(f"{name:<{width}}  damaged    {error.brief}")
    if not names:
        click.echo(_("No labs yet. Make one with `owlab up`."), err=True)


@click.command()
@lab_options
@click.option("--online", is_flag=True, help="Also ask whether all that is downloaded is there.")
@friendly
def doctor(online: bool, **which: Any) -> None:
    """Show what this computer can run, and what is missing."""
    from owlab.doctor import examine

    lab = open_lab(planning=True, what_if=True, **which)
    diagnostics = examine(lab)
    if online:
        from owlab.online import examine as ask

        diagnostics += ask(lab.config)
    Console().print(diagnostics_table(diagnostics))
    if any(diagnostic.verdict == "fail" for diagnostic in diagnostics):
        sys.exit(1)


@click.command("versions")
@click.option("--check", is_flag=True, help="Ask the internet what is newer.")
@friendly
def pinned(check: bool) -> None:
    """Show what is pinned, since when, why, and how to move it."""
    from owlab.versions import PINS

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("setting", "pinned", "chosen", "newest" if check else "", "why"):
        table.add_column(heading, overflow="fold")
    known = _newest() if check else {}
    for pin in PINS:
        table.add_row(pin.setting, pin.value, pin.chosen, known.get(pin.setting, ""), pin.why)
    Console().print(table)
    click.echo(_("\nFor one lab: --set SETTING VALUE. For all: owlab/versions.py; then make test."))


def _newest() -> dict[str, str]:
    """What the internet says, or why it said nothing."""
    from owlab.online import NoAnswer, newest

    found = {}
    for setting, ask in newest().items():
        try:
            found[setting] = ask()
        except (NoAnswer, ValueError, KeyError, IndexError, StopIteration) as error:
            found[setting] = f"? {error}"
    return found


@click.command()
@click.option(
    "--from", "source", type=click.Choice(["lima", "vagrant", "ssh-config"]), required=True
)
@click.option("--file", "path", type=click.Path(path_type=Path), default=Path("~/.ssh/config"))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("machines.yaml"))
@click.argument("names", nargs=-1)
@friendly
def inventory(source: str, path: Path, output: Path, names: tuple[str, ...]) -> None:
    """Write an inventory of machines that run: NAMES, the master first and the storage last.

    \b
      owlab inventory --from lima
      owlab inventory --from vagrant m1 w1 w2 nfs
      owlab inventory --from ssh-config --file lab.conf
    """
    from owlab.machines import inventory_from
    from owlab.shell import Shell

    shell = Shell()
    chosen = inventory_from.choose(inventory_from.read(source, shell, path), names)
    inventory_from.write(chosen, output.absolute(), shell)
    click.echo(_("Written to {output}. Look at it, then:").format(output=output))
    click.echo(
        _("  owlab up --provider ssh --set ssh_inventory {output} --set workers {count}").format(
            output=output, count=len(chosen) - 2
        )
    )
