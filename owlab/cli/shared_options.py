"""What all commands share: their options, and how an expected failure is shown."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import click

from owlab import language, places
from owlab.cli.process import (
    FAILED,
    INTERRUPTED,
    REFUSED,
    interrupted_status,
    silence,
)
from owlab.errors import ConfigError, LabError
from owlab.language import _, listed

if TYPE_CHECKING:
    from owlab.guided import GuidedLab

_USUAL = "owlab"
_HINT = re.compile(
    r"\bowlab (up|status|check|step|down|exec|shell|run|goto|undo|reset|kubeconfig|wskprops|config"
    r"|break|incidents)\b"
    r"(?![^`\n]*--lab)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
F = TypeVar("F", bound=Callable[..., Any])


lab_option = click.option(
    "--lab",
    "lab_name",
    metavar="NAME",
    default=lambda: os.environ.get("OWLAB_LAB", _USUAL),
    show_default="owlab, or $OWLAB_LAB",
    help="Which lab; several live side by side.",
)


def _language(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not (known := language.named(value)):
        raise click.BadParameter(language.unknown(value))
    language.choose(known)
    return known


language_option = click.option(
    "--language",
    metavar="LANG",
    callback=_language,
    is_eager=True,
    help="en or zh; $OWLAB_LANG if unsaid, else the system's where that is Chinese.",
)


FORCE = click.option(
    "--force", is_flag=True, help="Go on although something was found that would stop it."
)


def lab_options(command: F) -> F:
    """``--lab``, ``--provider``, ``--set``, ``--config``: which lab, and its settings."""
    for option in reversed(
        (
            lab_option,
            click.option(
                "--provider",
                metavar="P",
                default=None,
                help="Where machines come from: pocket, multipass, ssh, cluster, kind or k3d.",
            ),
            click.option(
                "-p",
                "--set",
                "settings",
                nargs=2,
                multiple=True,
                metavar="NAME VALUE",
                help="A setting, such as --set workers 3; see `owlab config`.",
            ),
            click.option(
                "--config",
                "config_file",
                type=click.Path(path_type=Path, dir_okay=False),
                default=None,
                help="A YAML file of settings.",
            ),
        )
    ):
        command = option(command)
    return command


def open_lab(
    lab_name: str,
    provider: str | None,
    settings: tuple[tuple[str, str], ...],
    config_file: Path | None,
    **more: Any,
) -> GuidedLab:
    """The lab that the options name."""
    from owlab.guided import GuidedLab  # with the whole guide: not for `owlab exec`

    return GuidedLab.open(
        lab_name, config_file=config_file, **overrides(provider, settings), **more
    )


def existing_lab(lab_name: str, **which: Any) -> GuidedLab:
    """The lab that the options name, which must be there unless it is the usual one.

    :raises ConfigError: lists the labs that there are.
    """
    known_lab(lab_name)
    return open_lab(lab_name, **which)


def known_lab(lab_name: str) -> None:
    """Refuse a lab that is not there, unless it is the usual one: its name may be misspelt.

    :raises ConfigError: lists the labs that there are.
    """
    names = places.lab_names()
    if lab_name not in (*names, _USUAL):
        raise ConfigError(
            brief=_("There is no lab {lab_name!r}.").format(lab_name=lab_name),
            details=_("Labs: {names}.").format(names=listed(names) or _("none")),
            resolution=_("Make it with `owlab up --lab {lab_name}`.").format(lab_name=lab_name),
        )


def overrides(provider: str | None, settings: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Settings of the command line by flat name; the last one said counts."""
    said: dict[str, Any] = {name.replace(".", "_"): value for name, value in settings}
    return {**said, **({"provider": provider} if provider else {})}


def friendly(command: F) -> F:
    """Show an expected failure as what happened, what was seen and what to do; exit with 1."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except LabError as error:
            fail(error, str(kwargs.get("lab_name") or _USUAL))
        except KeyboardInterrupt:
            click.secho(
                _("\nInterrupted. What is done stays done; run it again to go on."), err=True
            )
            sys.exit(interrupted_status())
        except SystemExit as leaving:
            if leaving.code == INTERRUPTED:
                sys.exit(interrupted_status())
            raise
        except BrokenPipeError:
            # The reader has left (`owlab script | head`): nothing more to say.
            silence()
            sys.exit(0)

    return cast(F, wrapped)


def confirm(question: str, yes: bool) -> None:
    """Ask before something goes; leave with 2 when the answer is no.

    :raises ConfigError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(
            brief=_("This needs a yes, and there is no terminal on which to ask."),
            details=question,
            resolution=_("Nothing was changed. Repeat it with --yes."),
        )
    try:
        agreed = click.confirm(question)
    except click.Abort:
        raise KeyboardInterrupt from None
    if not agreed:
        click.echo(_("Nothing was changed."))
        sys.exit(REFUSED)


def hint(text: str, lab_name: str) -> str:
    """The same commands for this lab: ``owlab up`` of another name needs its ``--lab``."""
    return text if lab_name == _USUAL else _HINT.sub(rf"\g<0> --lab {lab_name}", text)


def fail(error: LabError, lab_name: str = _USUAL) -> NoReturn:
    """Print an error for people and leave with 1, or with 2 when nothing was begun."""
    click.secho(_("error: {brief}").format(brief=plain(error.brief)), err=True, fg="red", bold=True)
    if error.details:
        lines = plain(error.details).splitlines()
        click.echo("\n".join(f"  {line}" for line in lines), err=True)
    if error.resolution:
        click.echo(hint(plain(error.resolution), lab_name), err=True)
    sys.exit(REFUSED if isinstance(error, ConfigError) else FAILED)


def plain(text: str) -> str:
    """Text of others without what would move the cursor, or hide what was printed before."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
