"""What was found out about this computer, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from owlab.finding import Finding
from owlab.lab import Lab

_MARKS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]"}


def findings_table(findings: Sequence[Finding]) -> Table:
    """A row for each finding: mark, what was looked at, what was seen, advice."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "what", "seen", "advice"):
        shown.add_column(heading, overflow="fold")
    for finding in findings:
        shown.add_row(_MARKS[finding.verdict], finding.name, finding.seen, finding.advice)
    return shown


def before_launching(lab: Lab, console: Console) -> None:
    """Before Multipass makes the first machine: what stands in the way, and how long it takes.

    Nothing is refused here: what is found is a guess, and whoever reads it may know better.
    """
    if lab.config.provider != "multipass" or lab.record.is_built:
        return
    from owlab.machines.preflight import preflight

    told = [f for f in preflight(lab.config, lab.shell) if f.verdict != "ok" or f.name == "time"]
    console.print(findings_table(told))
