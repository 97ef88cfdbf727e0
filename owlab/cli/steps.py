"""The steps without notebooks: up, status, check, step, down, script."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from owlab import places, teardown
from owlab.cli.display import StepDisplay, evidence_table
from owlab.cli.examination import before_launching
from owlab.cli.shared_options import (
    FORCE,
    confirm,
    existing_lab,
    friendly,
    hint,
    lab_options,
    open_lab,
    overrides,
)
from owlab.errors import DamagedFolder, LabError
from owlab.guide import STEPS, find, for_lab, ordered
from owlab.lab import Lab
from owlab.language import _, listed, pair
from owlab.machines import has_pocket_lab
from owlab.step import Check, Evidence, Step

TO = click.option("--to", default="", metavar="SECTION", help="Stop after this section (5, 6.2).")


@click.command()
@lab_options
@TO
@click.option("-v", "--verbose", is_flag=True, help="Show commands and what they print.")
@FORCE
@friendly
def up(to: str, verbose: bool, force: bool, **which: Any) -> None:
    """Carry out the steps that are not done yet.

    Independent steps run side by side. A second `owlab up` changes nothing; after a failure or
    an interruption it goes on where it stopped.
    """
    ordered(to)  # a section that there is not makes no lab
    lab, console = open_lab(**which), Console()
    before_launching(lab, console, force)
    with StepDisplay(lab, console, verbose):
        summary = lab.up(to)
    if summary.changed:
        look = hint(listed(("owlab status", "owlab shell master")), lab.config.name)
        click.echo(
            _(
                "\nSteps carried out: {count}. Done before: {before}. It took {seconds:.1f} s. "
                "Look around: {look}"
            ).format(
                count=len(summary.ran),
                before=len(summary.skipped),
                seconds=summary.seconds,
                look=look,
            )
        )
    else:
        click.echo(
            _("\nNothing to do: all {count} steps are done.").format(count=len(summary.skipped))
        )


@click.command()
@lab_options
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@friendly
def status(as_json: bool, **which: Any) -> None:
    """Show the lab, its machines, and the state of each step."""
    lab = existing_lab(**which)
    states = _states(lab, list(STEPS))
    machines = _machines(lab)
    if as_json:
        click.echo(json.dumps({"machines": machines, "steps": _as_data(states)}, indent=2))
        return
    click.echo(_("lab {name}: {about}").format(name=lab.config.name, about=_(lab.provider.about)))
    click.echo(_("kept in {directory}\n").format(directory=lab.directory))
    for row in machines:
        click.echo(f"  {row['name']:<16} {row['state']:<16} {row['ipv4']:<16} {row['release']}")
    click.echo("" if machines else _("  no machines yet\n"))
    Console().print(evidence_table([(s.section, _(s.title), check) for s, check in states]))


@click.command()
@lab_options
@TO
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@friendly
def check(to: str, as_json: bool, **which: Any) -> None:
    """Check every step and show the evidence; exit status 1 unless all are done."""
    lab = existing_lab(**which)
    states = _states(lab, ordered(to))
    if as_json:
        click.echo(json.dumps(_as_data(states), indent=2))
    else:
        Console().print(evidence_table([(s.section, _(s.title), found) for s, found in states]))
    missing = [step.section for step, found in states if not found.done]
    if missing:
        click.echo(_("\nNot done: {names}.").format(names=listed(missing)), err=True)
        sys.exit(1)


@click.command()
@click.argument("name", metavar="STEP")
@lab_options
@click.option("--undo", "take_back", is_flag=True, help="Take the step back instead.")
@friendly
def step(name: str, take_back: bool, **which: Any) -> None:
    """Carry out one STEP, named by section (1.4) or key (k3s.join_workers)."""
    wanted = find(name)
    lab = open_lab(**which)
    with StepDisplay(lab, Console(), verbose=True):
        if take_back:
            did = teardown.undo(lab, wanted)
            message = _("taken back.") if did else _("there is nothing to take back.")
            click.echo(pair(wanted.heading, message))
        else:
            click.echo(repr(lab.perform(wanted)))


@click.command()
@lab_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@friendly
def down(yes: bool, **which: Any) -> None:
    """Remove exactly what the lab made, and nothing else."""
    name = which["lab_name"]
    if name not in places.lab_names():
        click.echo(_("There is no lab {name!r}; nothing to do.").format(name=name))
        return
    lab = teardown.open_to_remove(name, overrides(which["provider"], which["settings"]))
    if question := _what_goes(lab):
        confirm(question, yes)
    with StepDisplay(lab, Console()):
        removed = teardown.down(lab)
    for sentence in removed:
        click.echo(_(" ✓ removed {sentence}").format(sentence=sentence))
    click.echo(_("The lab {name!r} is gone.").format(name=lab.config.name))


def _what_goes(lab: Lab) -> str:
    """The question before it; none where nothing was made or typed."""
    everything = _("Remove for good: the lab {name!r}, with everything in it?").format(
        name=lab.config.name
    )
    try:
        if not lab.folder.is_built:
            # What was typed by hand in a pocket lab is in no record.
            return everything if has_pocket_lab(lab.directory) else ""
    except DamagedFolder:
        if lab.provider.is_all_in_its_folder:
            return everything
        raise
    if lab.provider.creates_machines:
        return _("Remove for good: {machines}, with everything on them?").format(
            machines=listed(lab.folder.made())
        )
    sections = sorted({find(key).section for key, machine in lab.folder.carried_out()})
    return _("Take back what was installed on your machines (sections {sections})?").format(
        sections=listed(sections)
    )


@click.command()
@lab_options
@TO
@click.option("--as-written", is_flag=True, help="The guide's own choices, not our defaults.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file."
)
@friendly
def script(to: str, as_written: bool, output: Path | None, **which: Any) -> None:
    """Print the whole deployment as one commented bash script (for multipass by default)."""
    from owlab.script import script as render

    which["provider"] = which["provider"] or "multipass"
    which["settings"] = (*which["settings"], *((("as_written", "true"),) if as_written else ()))
    text = render(open_lab(planning=True, what_if=True, **which), to)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
        output.chmod(0o755)
    except OSError as error:
        raise LabError(
            brief=_("{output} cannot be written.").format(output=output), details=str(error)
        ) from None
    click.echo(_("Written to {output}. Read it, then run: bash {output}").format(output=output))


def _machines(lab: Lab) -> list[dict[str, str]]:
    lab.provider.prepare(lab.config)
    known = {info.name: info for info in lab.provider.machines()}
    rows = []
    for machine in lab.config.machines:
        if info := known.get(machine.name):
            rows.append(
                {"name": info.name, "state": info.state, "ipv4": info.ipv4, "release": info.release}
            )
    return rows


def _states(lab: Lab, steps: list[Step]) -> list[tuple[Step, Check]]:
    lab.provider.prepare(lab.config)

    def state(step: Step) -> Check:
        try:
            return step.state(lab)
        except LabError as error:
            return Check((Evidence(_(step.title), False, error.brief),))

    mine = [for_lab(lab, step) for step in steps]
    with ThreadPoolExecutor(4) as pool:
        return list(zip(mine, pool.map(state, mine), strict=True))


def _as_data(states: list[tuple[Step, Check]]) -> list[dict[str, Any]]:
    return [
        {
            "section": step.section,
            "key": step.key,
            "title": _(step.title),
            "done": found.done,
            "evidence": [
                {"what": item.what, "ok": item.ok, "seen": item.seen} for item in found.evidence
            ],
        }
        for step, found in states
    ]
