"""What somebody meant who typed an option or a command that is none: something close, or nothing.

Click also suggests what shares half of its letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import click

from owlab.language import _, listed

_CLOSE = 0.75
_LONGEST = 60


def no_such_option(error: click.NoSuchOption) -> click.UsageError:
    """The same error with a better guess: an option, or the setting that somebody took for one."""
    context = error.ctx
    params = context.command.params if context is not None else []
    # --help is not among them, but it is there.
    known = {"--help", *(name for param in params for name in (*param.opts, *param.secondary_opts))}
    near = _near(error.option_name, (name for name in known if name.startswith("--")))
    if not near and any(param.name == "settings" for param in params):
        near = [f"--set {name}" for name in _settings(error.option_name)]
    text = _("There is no option {name}.").format(name=error.option_name)
    return click.UsageError(_with(text, near), ctx=context)


def no_such_command(name: str, known: Iterable[str], context: click.Context) -> click.UsageError:
    """For a command."""
    text = _("There is no command {name}.").format(name=name)
    return click.UsageError(_with(text, _near(name, known)), ctx=context)


def _settings(option: str) -> list[str]:
    from owlab.settings import SETTINGS  # with pydantic: only for who has mistyped

    return _near(option.lstrip("-").replace("-", "_"), SETTINGS)


def _near(name: str, known: Iterable[str]) -> list[str]:
    names = sorted(known)
    return [name] if name in names else get_close_matches(name[:_LONGEST], names, 2, _CLOSE)


def _with(text: str, near: list[str]) -> str:
    if not near:
        return text
    guess = _("Did you mean {names}?").format(names=listed(near))
    return _("{sentence} {next}").format(sentence=text, next=guess)
