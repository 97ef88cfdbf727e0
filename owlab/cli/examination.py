"""What was found out about this computer, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from owlab.errors import ProviderError
from owlab.finding import Finding
from owlab.lab import Lab
from owlab.language import _

_MARKS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]"}


def findings_table(findings: Sequence[Finding]) -> Table:
    """A row for each finding: mark, what was looked at, what was seen, advice."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", _("what"), _("seen"), _("advice")):
        shown.add_column(heading, overflow="fold")
    for finding in findings:
        shown.add_row(_MARKS[finding.verdict], finding.name, finding.seen, finding.advice)
    return shown


def before_launching(lab: Lab, console: Console, force: bool = False) -> None:
    """Before the first machine is made or touched: what stands in the way, and how long it takes.

    :param force: go on all the same: what is found is a guess, and people may know better.
    :raises ProviderError: something was found that makes the lab impossible.
    """
    if lab.provider.simulated or lab.record.is_built:
        return
    found = lab.provider.examine(lab.config)
    told = [finding for finding in found if finding.verdict != "ok" or finding.name == "time"]
    if told:
        console.print(findings_table(told))
    failed = [finding for finding in found if finding.verdict == "fail"]
    if failed and not force:
        raise ProviderError(
            brief=_("Nothing was started: this would stop the lab later."),
            details="\n".join(f"{finding.name}: {finding.seen}" for finding in failed),
            resolution="\n".join(
                [*(f.advice for f in failed if f.advice), _("Or go on all the same, with --force.")]
            ),
        )
