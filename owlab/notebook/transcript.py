"""The commands as they ran, in the cell that ran them: what to copy, and what it printed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

from owlab.command import Command
from owlab.events import Event
from owlab.guide import GUIDE
from owlab.lab import Lab
from owlab.language import N_, _, aside, pair
from owlab.notebook import page
from owlab.notebook.mime import TRANSCRIPT
from owlab.notebook.pasting import complete
from owlab.notebook.progress import Pulse
from owlab.notebook.typed import Typed, typed
from owlab.step import Step

_REDRAW_SECONDS = 0.3
_FOLDED_OVER_LINES = 14
_PLAIN_LINES = 12
_ENDED = {
    "step-skipped": N_("already done"),
    "step-done": N_("done"),
    "step-failed": N_("failed"),
}
_muted = threading.local()


@contextmanager
def muted() -> Iterator[None]:
    """Show no transcript meanwhile: the caller shows the output itself."""
    _muted.on = True
    try:
        yield
    finally:
        _muted.on = False


@dataclass(slots=True)
class _Running:
    machine: str
    text: str
    paste: Command
    output: str = ""
    exit_code: int | None = None
    seconds: float | None = None


@dataclass(slots=True, eq=False)
class _Unit:
    """What happened on one machine for one step; or one command outside any step."""

    machine: str
    title: str = ""
    status: str = N_("running")
    why: str = ""
    seconds: float = 0.0
    step: Step | None = None
    commands: list[_Running] = field(default_factory=list)
    past: Typed | None = None
    handle: Any = None
    pulse: Pulse | None = None
    drawn: float = 0.0

    def draw(self, ended: bool = False) -> None:
        """Show it as it is now; not more often than people can read."""
        now = time.monotonic()
        if ended or now - self.drawn > _REDRAW_SECONDS:
            self.drawn = now
            self.handle.update(_bundle(self, record=ended), raw=True)


class Transcript:
    """A listener with one live display for each unit of work.

    Several units report at the same time, each from a thread of its own; what their commands
    print comes from further threads. So everything happens under one lock.
    """

    def __init__(self, lab: Lab | None = None) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._units: dict[int, _Unit] = {}  # by the thread that works on it

    def __call__(self, event: Event) -> None:
        if getattr(_muted, "on", False):
            return
        with self._lock:
            if event.kind == "command-output":
                self._add_output(event)
            else:
                self._take(event)

    def _take(self, event: Event) -> None:
        thread = threading.get_ident()
        unit = self._units.get(thread)
        if unit is None or event.kind == "step-started":
            step = GUIDE.get(event.step)
            title = step.heading if step else ""
            unit = self._units[thread] = _Unit(
                event.machine, title, step=step, handle=page.handle()
            )
            if step is not None and step.progress is not None and self._lab is not None:
                unit.pulse = Pulse(self._lab, step, partial(self._tell, unit))
        if event.kind == "command-started":
            seen = Command(event.command, on=event.machine, variables=event.variables)
            unit.commands.append(_Running(event.machine, event.command, self._pasted(seen)))
        elif event.kind == "command-ended" and unit.commands:
            unit.commands[-1].exit_code = event.exit_code
            unit.commands[-1].seconds = event.seconds
            if not event.step:
                unit.status = (
                    "done"
                    if event.exit_code == 0
                    else _("exit status {exit_code}").format(exit_code=event.exit_code)
                )
        elif event.kind == "step-waiting":
            unit.status, unit.why = N_("waiting"), event.text
        elif event.kind in _ENDED:
            unit.status, unit.why = _ENDED[event.kind], event.text.partition("\n")[0]
            unit.seconds = event.seconds or 0.0
            if event.kind == "step-skipped" and self._lab is not None and unit.step is not None:
                unit.past = self._past(self._lab, unit.step, unit.machine)
        ended = event.kind in _ENDED or (event.kind == "command-ended" and not event.step)
        unit.draw(ended)
        if ended:
            del self._units[thread]
            if unit.pulse is not None:
                unit.pulse.stop()

    def _pasted(self, command: Command) -> Command:
        return complete(self._lab.provider, command) if self._lab is not None else command

    def _past(self, lab: Lab, step: Step, machine: str) -> Typed:
        """What the step typed then, each command complete."""
        before = typed(lab, step, machine)
        return Typed(tuple(self._pasted(command) for command in before.commands), before.when)

    def _tell(self, unit: _Unit, line: str) -> None:
        with self._lock:
            if unit in self._units.values():
                unit.status, unit.why = N_("under way"), line
                unit.draw()

    def _add_output(self, event: Event) -> None:
        """Find the command that printed this: on that machine, and not ended."""
        running = [
            (unit, unit.commands[-1])
            for unit in self._units.values()
            if unit.commands
            and unit.commands[-1].exit_code is None
            and unit.commands[-1].machine == event.machine
        ]
        exact = [found for found in running if found[1].text == event.command]
        if found := exact or running:
            unit, run = found[-1]
            run.output += event.text
            unit.draw()


def _bundle(unit: _Unit, record: bool) -> dict[str, Any]:
    records = {}
    if record:
        title = aside(unit.title, unit.machine) if unit.title else unit.machine
        commands = [
            {
                "machine": run.paste.on,
                "text": run.paste.text,
                "output": run.output,
                "exit_code": run.exit_code,
                "seconds": run.seconds,
            }
            for run in unit.commands
        ]
        content: dict[str, Any] = {
            "title": title,
            "status": unit.status,
            "why": unit.why,
            "commands": commands,
        }
        if unit.past is not None:
            past = [{"machine": item.on, "text": item.text} for item in unit.past.commands]
            content["past"] = {"about": unit.past.about, "commands": past}
        records[TRANSCRIPT] = content
    return page.bundle(_html(unit), _plain(unit), records)


def _headline(unit: _Unit) -> str:
    if not unit.title:
        return ""
    took = _(" in {seconds:.1f} s").format(seconds=unit.seconds) if unit.status == "done" else ""
    return pair(aside(unit.title, unit.machine), f"{_(unit.status)}{took}")


def _html(unit: _Unit) -> str:
    mark = {"done": "good", "already done": "good", "failed": "bad"}.get(unit.status, "faint")
    parts = []
    if unit.title:
        why = f' <span class="faint">{escape(unit.why)}</span>' if unit.why else ""
        parts.append(f'<div><span class="{mark}">{escape(_headline(unit))}</span>{why}</div>')
    for run in unit.commands:
        parts.append(page.command(run.paste.on, run.paste.text))
        if run.output.strip():
            folded = "" if run.output.count("\n") > _FOLDED_OVER_LINES else " open"
            status = (
                _(", exit status {exit_code}").format(exit_code=run.exit_code)
                if run.exit_code
                else ""
            )
            lines = run.output.rstrip().count("\n") + 1
            said = _("output, 1 line") if lines == 1 else _("output, {lines} lines")
            said = said.format(lines=lines) + status
            parts.append(
                f"<details{folded}><summary>{escape(said)}</summary>"
                f"{page.output(run.output.rstrip())}</details>"
            )
    if unit.past is not None:
        shown = "".join(page.command(item.on, item.text) for item in unit.past.commands)
        about = f"<summary>{escape(unit.past.about)}</summary>"
        parts.append(f"<details>{about}{shown}</details>" if shown else escape(unit.past.about))
    return "".join(parts)


def _plain(unit: _Unit) -> str:
    lines = [f"{_headline(unit)}  {unit.why}".rstrip()] if unit.title else []
    for run in unit.commands:
        lines.append(f"{run.paste.on}$ {run.paste.text}")
        output = run.output.rstrip().splitlines()
        if len(output) > _PLAIN_LINES:
            lines.append(
                _("... {count} lines before these ...").format(count=len(output) - _PLAIN_LINES)
            )
        lines += output[-_PLAIN_LINES:]
        if run.exit_code:
            lines.append(_("(exit status {exit_code})").format(exit_code=run.exit_code))
    if unit.past is not None:
        lines.append(f"{unit.past.about}{':' if unit.past.commands else ''}")
        lines += [f"{item.on}$ {item.text}" for item in unit.past.commands]
    return "\n".join(lines)
