"""The command line, from the help of its own commands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import click

from owlab.cli import main
from website.markdown import code, fence, plain

_VERBATIM = "\b"


def page() -> str:
    """`owlab` itself, then each command in the order of the alphabet."""
    root = click.Context(main, info_name="owlab", **main.context_settings)
    parts = [*_command(root, "owlab")]
    for name in main.list_commands(root):
        command = main.get_command(root, name)
        assert command is not None
        parts += _command(click.Context(command, parent=root, info_name=name), f"owlab {name}")
    return "\n".join(parts)


def _command(context: click.Context, title: str) -> Iterator[str]:
    command = context.command
    yield f"## {title}\n"
    yield fence(" ".join([title, *command.collect_usage_pieces(context)]), "text")
    yield from (_paragraph(text) for text in _paragraphs(command.help or ""))
    records = [p.get_help_record(context) for p in command.get_params(context)]
    options = [record for record in records if record is not None]
    # An entry each: a table of two columns does not fit on a telephone.
    yield "\n".join(f"{code(words)}\n: {_help(text)}\n" for words, text in options)


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.replace("\f", "").strip("\n")) if part]


def _paragraph(text: str) -> str:
    lines = text.splitlines()
    if lines[0].strip() == _VERBATIM:
        return fence(textwrap.dedent("\n".join(lines[1:])), "text")
    return f"{plain(' '.join(line.strip() for line in lines))}\n"


def _help(text: str) -> str:
    """What an option is. Click writes a text for which a value stands in parentheses."""
    said = re.sub(r"\[default: \((.*)\)\]", r"[default: \1]", " ".join(text.split()))
    return plain(said) or "required"
