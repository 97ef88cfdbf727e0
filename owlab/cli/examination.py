"""What was found out about this computer, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from owlab.diagnostic import Diagnostic
from owlab.errors import ProviderError
from owlab.lab import Lab
from owlab.language import _

_MARKS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]"}


def diagnostics_table(diagnostics: Sequence[Diagnostic]) -> Table:
    """A row for each finding: mark, what was looked at, what was seen, advice."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", _("what"), _("seen"), _("advice")):
        shown.add_column(heading, overflow="fold")
    for diagnostic in diagnostics:
        shown.add_row(
            _MARKS[diagnostic.verdict], diagnostic.name, diagnostic.seen, diagnostic.advice
        )
    return shown


def before_launching(lab: Lab, console: Console, force: bool = False) -> None:
    """Before the first machine is made or touched: what stands in the way, and how long it takes.

    :param force: go on all the same: what is found is a guess, and people may know better.
    :raises ProviderError: something was found that makes the lab impossible.
    """
    if lab.provider.simulated or lab.folder.is_built:
        return
    found = lab.provider.examine(lab.config)
    told = [
        diagnostic
        for diagnostic in found
        if diagnostic.verdict != "ok" or diagnostic.name == "time"
    ]
    if told:
        console.print(diagnostics_table(told))
    failed = [diagnostic for diagnostic in found if diagnostic.verdict == "fail"]
    if failed and not force:
        raise ProviderError(
            brief=_("Nothing was started: this would stop the lab later."),
            details="\n".join(f"{diagnostic.name}: {diagnostic.seen}" for diagnostic in failed),
            resolution="\n".join(
                [*(f.advice for f in failed if f.advice), _("Or go on all the same, with --force.")]
            ),
        )
