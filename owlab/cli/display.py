"""How steps look on a terminal while they run, and afterwards."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from owlab.cli.shared_options import plain
from owlab.events import Event
from owlab.guide import GUIDE, for_lab
from owlab.lab import Lab
from owlab.language import _
from owlab.step import Check, Step
from owlab.steps.control import control

_SPIN = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class StepDisplay:
    """Listens to events: one line for each unit of work that ends, the running ones below.

    Without a terminal it prints plain lines, one when a unit starts and one when it ends.
    """

    def __init__(self, lab: Lab, console: Console, verbose: bool = False) -> None:
        self._lab = lab
        self._console = console
        self._verbose = verbose
        self._running: dict[tuple[str, str], tuple[float, str]] = {}
        self._lock = threading.RLock()
        self._live = Live(
            console=console, get_renderable=self._below, refresh_per_second=8, transient=True
        )

    def __enter__(self) -> StepDisplay:
        if self._console.is_terminal:
            self._live.start()
        self._lab.listeners.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lab.listeners.remove(self)
        self._live.stop()

    def __call__(self, event: Event) -> None:
        key = (event.step, event.machine)
        with self._lock:
            match event.kind:
                case "step-started":
                    self._running[key] = (time.monotonic(), _("checking"))
                case "command-started" if event.step:
                    self._say(event, event.command.splitlines()[0])
                    if self._verbose:
                        self._line(Text(f"{event.machine}$ {event.command}", style="cyan"))
                case "command-output" if self._verbose and event.step:
                    self._output(event)
                case "step-waiting":
                    self._say(event, event.text)
                case "step-skipped" | "step-done" | "step-failed":
                    self._running.pop(key, None)
                    self._line(_ended(event, for_lab(self._lab, GUIDE[event.step])))

    def _say(self, event: Event, doing: str) -> None:
        # Commands of a step may run elsewhere than the unit's own machine.
        for key, (since, _doing) in list(self._running.items()):
            if key[0] == event.step and event.machine in (key[1], control(self._lab).machine):
                self._running[key] = (since, doing)

    def _output(self, event: Event) -> None:
        """What a command prints, as it comes; named when several machines speak at once."""
        several = len({machine for _step, machine in self._running}) > 1
        prefix = f"{event.machine}: " if several else ""
        for line in event.text.splitlines():
            self._line(Text(plain(f"{prefix}{line}"), style="dim"))

    def _line(self, text: Text) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)

    def _below(self) -> Text:
        with self._lock:
            now = time.monotonic()
            lines = []
            for (step, machine), (since, doing) in self._running.items():
                spin = _SPIN[int(now * 8) % len(_SPIN)]
                mine = for_lab(self._lab, GUIDE[step])
                title = f"{mine.section:<4} {_(mine.title)} [{machine}]"
                shown = f" {spin} {title}  {now - since:4.0f} s  {doing}"
                lines.append(shown[: self._console.width - 1])
            return Text("\n".join(lines), style="yellow")


def _ended(event: Event, step: Step) -> Text:
    mark, style = {
        "step-skipped": ("·", "dim"),
        "step-done": ("✓", "green"),
        "step-failed": ("✗", "red"),
    }[event.kind]
    where = "" if event.machine == "host" else f" [{event.machine}]"
    did = _("already done") if event.kind == "step-skipped" else f"{event.seconds:.1f} s"
    why = event.text.splitlines()[0] if event.text else ""
    text = Text()
    text.append(f" {mark} ", style=style)
    text.append(f"{step.section:<4} {_(step.title)}{where}")
    text.append(f"  {did}  {why}", style="dim")
    return text


def evidence_table(states: list[tuple[str, str, Check]]) -> Table:
    """Section, title and evidence of steps."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", _("step"), _("evidence")):
        table.add_column(heading)
    for section, title, check in states:
        mark = Text("✓", style="green") if check.done else Text("✗", style="red")
        seen = "\n".join(
            escape(plain(item.said)) if item.ok else f"[red]✗ {escape(plain(item.said))}[/red]"
            for item in check.evidence
        )
        table.add_row(mark, f"{section:<4} {title}", seen or f"[red]{_('not done')}[/red]")
    return table
