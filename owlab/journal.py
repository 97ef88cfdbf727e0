"""The lab's journal: one JSON line for each command and each step that ended.

A record for people and reports. It is never read to decide anything.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from owlab.command import Command, Variable
from owlab.events import Event

_KEPT = {
    *("step-skipped", "step-done", "step-failed"),
    *("step-found", "step-missing"),
    "command-ended",
}


class Journal:
    """Listens to events and appends those that ended something.

    A command of a step is noted with its ``unit``: the machine for which the step did it, which
    need not be the one where it was typed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._units: dict[int, str] = {}  # by the thread that works on it

    def __call__(self, event: Event) -> None:
        if event.kind == "step-started":
            self._units[threading.get_ident()] = event.machine
        if event.kind not in _KEPT:
            return
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **{
                name: value
                for name in ("kind", "step", "machine", "command", "exit_code", "seconds", "text")
                if (value := getattr(event, name)) not in ("", None)
            },
        }
        thread = threading.get_ident()
        if event.kind == "command-ended" and thread in self._units:
            entry["unit"] = self._units[thread]
        elif event.kind != "command-ended":
            self._units.pop(thread, None)
        if event.variables:
            entry["variables"] = [_written(variable) for variable in event.variables]
        # A full disk must not stop the work that the journal only describes.
        with self._lock, suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def entries(self) -> list[dict[str, Any]]:
        """Every entry, oldest first; a line that was cut by a crash is passed over."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text("utf-8").splitlines():
            with suppress(json.JSONDecodeError):
                found.append(json.loads(line))
        return found


def _written(variable: Variable) -> dict[str, Any]:
    """A variable by the command that reads it: never with its value."""
    source = variable.source
    return {
        "name": variable.name,
        "on": source.on,
        "text": source.text,
        "variables": [_written(needed) for needed in source.variables],
    }


def variables_of(entry: dict[str, Any]) -> tuple[Variable, ...]:
    """The variables of a command that the journal noted."""
    return tuple(
        Variable(item["name"], Command(item["text"], on=item["on"], variables=variables_of(item)))
        for item in entry.get("variables", [])
    )
