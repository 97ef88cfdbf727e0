"""What only the pocket lab can do, or does differently: kubeconfig, wskprops, goto, undo, reset."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from owlab import moving, teardown
from owlab.cli.display import StepDisplay
from owlab.cli.shared_options import (
    confirm,
    existing_lab,
    friendly,
    hint,
    known_lab,
    lab_option,
    lab_options,
    open_lab,
    overrides,
)
from owlab.errors import ConfigError, DamagedFolder
from owlab.guided import GuidedLab
from owlab.lab import Lab
from owlab.language import _, pair


@click.command()
@lab_options
@friendly
def kubeconfig(**which: Any) -> None:
    """Print a kubeconfig for your own kubectl, k9s or Lens.

    \b
      owlab kubeconfig > lab.yaml; kubectl --kubeconfig lab.yaml get pods -A
    """
    from owlab.access import kubeconfig as read

    click.echo(read(existing_lab(**which)), nl=False)


@click.command()
@lab_options
@friendly
def wskprops(**which: Any) -> None:
    """Print the properties for your own wsk: apihost and the guest's key.

    \b
      owlab wskprops > lab.wskprops; WSK_CONFIG_FILE=lab.wskprops wsk -i action list
    """
    from owlab.access import wskprops as read

    click.echo(read(existing_lab(**which)), nl=False)


YES = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("section")
@lab_options
@YES
@friendly
def goto(section: str, yes: bool, **which: Any) -> None:
    """Put the lab at the start of SECTION (05, 6): all before it done, nothing after (pocket).

    The lab as it is now is kept, and `owlab undo` brings it back.

    \b
      owlab goto 05             asks first
      owlab goto 05 --yes       for scripts
    """
    number = moving.section_to_go_to(section)
    lab = open_lab(planning=True, **which)
    moving.refuse_what_cannot_be_kept(lab)
    name = lab.config.name
    if what := moving.about(lab):
        confirm(
            _(
                "The lab {name!r} has {what}. It is kept, and replaced by one at the start of "
                "section {number}. Go on?"
            ).format(name=name, what=what, number=number),
            yes,
        )
    lab = open_lab(**which)
    with StepDisplay(lab, Console()):
        was = moving.goto(lab, number)
    click.echo(
        _("The lab {name!r} is at the start of section {wanted}.").format(name=name, wanted=number)
    )
    if was:
        click.echo(hint(_("What it was before is kept: owlab undo"), name))


@click.command()
@click.argument("number", type=click.IntRange(min=1), default=1)
@click.option("--list", "only_list", is_flag=True, help="Tell what is kept; change nothing.")
@lab_option
@friendly
def undo(number: int, only_list: bool, lab_name: str) -> None:
    """Bring the lab back as it was before `owlab goto` (pocket).

    NUMBER is one of `owlab undo --list`; 1, the newest, if unsaid. What the lab is now is kept
    in its place: a second `owlab undo` takes the first one back.
    """
    if only_list:
        for place, item in enumerate(moving.kept(lab_name), 1):
            click.echo(f"{place}  {moving.local(item.when)}  {pair(item.why, item.about)}")
        if not moving.kept(lab_name):
            click.echo(_("Nothing is kept."), err=True)
        return
    found = moving.undo(teardown.open_to_remove(lab_name), number)
    click.echo(
        _("The lab {name!r} is what it was at {when}: {about}.").format(
            name=lab_name, when=moving.local(found.when), about=found.about
        )
    )


@click.command()
@lab_options
@YES
@friendly
def reset(yes: bool, **which: Any) -> None:
    """Start the lab again from nothing, with the same settings (pocket)."""
    name = which["lab_name"]
    known_lab(name)
    lab = teardown.open_to_remove(name, overrides(which["provider"], which["settings"]))
    _require_simulated(lab)
    if _has_something(lab):
        confirm(_("Throw away everything in the lab {name!r}?").format(name=name), yes)
    fresh = _start_again(lab)
    click.echo(_("The lab {name!r} is new.").format(name=fresh.config.name))


def _has_something(lab: Lab) -> bool:
    try:
        lab.folder.settings()
        return bool(moving.about(lab))
    except DamagedFolder as error:
        click.echo(
            _("{brief} The lab starts with the usual settings.").format(brief=error.brief), err=True
        )
        return True


def _require_simulated(lab: Lab) -> None:
    if not lab.provider.simulated:
        raise ConfigError(
            brief=_("Only a pocket lab can be reset. Nothing was changed."),
            resolution=_(
                "Remove real machines with `owlab down`, then run `owlab up --to SECTION`."
            ),
        )


def _start_again(lab: Lab) -> GuidedLab:
    settings = lab.config.flat()
    teardown.down(lab)
    settings.pop("name")
    return GuidedLab.open(lab.config.name, **settings)
