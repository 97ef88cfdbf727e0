"""What only the pocket lab can do, or does differently: kubeconfig, wskprops, goto, reset."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from owlab import teardown
from owlab.cli.common import (
    existing_lab,
    friendly,
    known_lab,
    lab_options,
    open_lab,
    overrides,
)
from owlab.cli.display import StepDisplay
from owlab.errors import ConfigError, DamagedRecord, ProviderError
from owlab.guide import STEPS, section_number
from owlab.guided import GuidedLab
from owlab.lab import Lab
from owlab.language import _


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


@click.command()
@click.argument("section")
@lab_options
@friendly
def goto(section: str, **which: Any) -> None:
    """Put the lab at the start of SECTION (05, 6): all before it done, nothing after (pocket).

    What was done in the lab until now is replaced.
    """
    wanted = section_number(section)
    before = [s for s in STEPS if section_number(s.section)[0] < wanted[0]]
    if wanted[0] < 1 or wanted[0] > section_number(STEPS[-1].section)[0]:
        raise ConfigError(
            brief=_("The guide has no section {section}.").format(section=section),
            resolution=_("Name one from 1 to 7."),
        )
    lab = open_lab(**which)
    fresh = _start_again(lab)
    with StepDisplay(fresh, Console()):
        if before:
            fresh.up(before[-1].section)
    click.echo(
        _("The lab {name!r} is at the start of section {wanted}.").format(
            name=fresh.config.name, wanted=wanted[0]
        )
    )


@click.command()
@lab_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@friendly
def reset(yes: bool, **which: Any) -> None:
    """Start the lab again from nothing, with the same settings (pocket)."""
    name = which["lab_name"]
    known_lab(name)
    lab = teardown.open_to_remove(name, overrides(which["provider"], which["settings"]))
    if _has_something(lab) and not yes:
        click.confirm(_("Throw away everything in the lab {name!r}?").format(name=name), abort=True)
    fresh = _start_again(lab)
    click.echo(_("The lab {name!r} is new.").format(name=fresh.config.name))


def _has_something(lab: Lab) -> bool:
    try:
        lab.record.settings()
        return bool(lab.record.made())
    except DamagedRecord as error:
        click.echo(
            _("{brief} The lab starts with the usual settings.").format(brief=error.brief), err=True
        )
        return True


def _start_again(lab: Lab) -> GuidedLab:
    if not lab.provider.simulated:
        raise ProviderError(
            brief=_("Only a pocket lab can be put somewhere or reset."),
            resolution=_(
                "Remove real machines with `owlab down`, then run `owlab up --to SECTION`."
            ),
        )
    settings = lab.config.flat()
    teardown.down(lab)
    settings.pop("name")
    return GuidedLab.open(lab.config.name, **settings)
