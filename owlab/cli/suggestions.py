"""What somebody meant who typed an option or a command that is none: something close, or nothing.

Click also suggests what shares half of its letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

import click

from owlab.language import _, listed

_CLOSE = 0.75
_LONGEST = 60


def no_such_option(error: click.NoSuchOption) -> click.UsageError:
    """The same error with a better guess: an option, or the setting that somebody took for one."""
    context = error.ctx
    params = context.command.params if context is not None else []
    near = _near(error.option_name, _long_options(params))
    if not near and any(param.name == "settings" for param in params):
        near = [f"--set {name}" for name in _settings(error.option_name)]
    return _no_option(error.option_name, near, context)


def refuse_misspelt(
    context: click.Context,
    words: Iterable[str],
    usual: Iterable[str],
    others: Callable[[], set[str]] | None,
) -> None:
    """Of options that go to another program: refuse those that it does not have either.

    :param usual: options of that program; they are let through at once.
    :param others: all of them, asked only when one is not usual. None: whatever is not close to
        one of ours may be one.
    """
    mine = _long_options(context.command.params)
    for word in words:
        name = word.partition("=")[0]
        # With a dot it is a setting of a class, which that program looks for itself.
        if not name.startswith("--") or name == "--" or "." in name or name in usual:
            continue
        theirs = others() if others is not None else set()
        if name in theirs:
            continue
        if _settings(name) or name in ("--set", "--provider"):
            text = _("{name} is chosen in notebook 00, or with `owlab up`.").format(name=name)
            raise click.UsageError(text, ctx=context)
        near = _near(name, mine) or _near(name, {*usual, *theirs})
        if near or others is not None:
            raise _no_option(name, near, context)


def _long_options(params: Iterable[click.Parameter]) -> list[str]:
    # --help is not among them, but it is there.
    names = {"--help", *(name for param in params for name in (*param.opts, *param.secondary_opts))}
    return [name for name in names if name.startswith("--")]


def _no_option(name: str, near: list[str], context: click.Context | None) -> click.UsageError:
    text = _("There is no option {name}.").format(name=name)
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
