"""``--help``, laid out as Helm's."""

from __future__ import annotations

from owlab.pocket.programs.flag_usages import flag_usages
from owlab.pocket.programs.helm.commands import HelmCommand, below
from owlab.pocket.programs.pflag import Flag

INTRODUCTION = """\
The Kubernetes package manager

This is the pocket lab's helm: Helm's real engine behind a command line of the lab's own.
Charts come from a directory, an archive, or a repository on the lab's map of the internet.

Common actions for Helm:

- helm search:    search for charts
- helm pull:      download a chart to your local directory to view
- helm install:   upload the chart to Kubernetes
- helm list:      list releases of charts
"""

_NAMES = 11
"""The least width of the column of names in lists of commands."""


def help_text(entry: HelmCommand | None, globals_: tuple[Flag, ...]) -> str:
    """The help of a command, of a group, or of helm itself."""
    path = entry.path if entry else ""
    parts = [f"{entry.short[0].upper()}{entry.short[1:]}.\n" if entry else INTRODUCTION]
    children = below(path)
    usage = entry.usage if entry else "helm [command]"
    parts.append(f"Usage:\n  {usage}\n")
    if entry and entry.aliases:
        parts.append(f"Aliases:\n  {', '.join((entry.name, *entry.aliases))}\n")
    if children:
        width = max(_NAMES, *(len(child.name) for child in children))
        lines = "".join(f"  {child.name:<{width}} {child.short}\n" for child in children)
        parts.append(f"Available Commands:\n{lines}")
    own = (*(entry.flags if entry else globals_), _help_flag(path or "helm"))
    parts.append(f"Flags:\n{flag_usages(own)}")
    if entry:
        parts.append(f"Global Flags:\n{flag_usages(globals_)}")
    if children:
        words = f"helm {path} [command] --help".replace("  ", " ")
        parts.append(f'Use "{words}" for more information about a command.\n')
    return "\n".join(parts)


def _help_flag(name: str) -> Flag:
    return Flag("help", "bool", short="h", help=f"help for {name.rpartition(' ')[2]}")
