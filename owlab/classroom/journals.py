"""What a lab's journal tells a teacher: how far it is, and what failed last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from owlab import marks
from owlab.guide import GUIDE, STEPS, section_number
from owlab.language import N_, _, pair
from owlab.redact import redact

_DONE = {"step-done", "step-skipped", "step-found"}
_NOT = {"step-failed", "step-missing"}
_INTERRUPTED = (130, 143)
ALL_DONE = N_("all done")
"""In place of a section."""


@dataclass(frozen=True, slots=True)
class LastFailure:
    """Something that failed.

    :param over: it was done after that.
    """

    time: str
    what: str
    over: bool


_TYPES = {
    **dict.fromkeys(("time", "kind", "step", "machine", "command", "text"), str),
    "exit_code": int,
}


def entries(text: str) -> Iterator[dict[str, Any]]:
    """The lines that make sense, oldest first, and of each what has the type that it should."""
    for line in text.splitlines():
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict) and marks.is_time(entry.get("time")):
                yield {
                    name: entry[name]
                    for name, kind in _TYPES.items()
                    if isinstance(entry.get(name), kind)
                }


def steps_done(journal: Iterable[dict[str, Any]], carried_out: set[tuple[str, str]]) -> set[str]:
    """The keys of the steps that are done, as far as the journal knows.

    :param carried_out: what the lab did and did not take back; the journal only adds.
    """
    known: dict[str, dict[str, bool]] = {}
    for entry in journal:
        key, machine, kind = entry.get("step"), entry.get("machine", ""), entry.get("kind")
        if key not in GUIDE:
            continue
        if kind in ("step-found", "step-missing"):  # of all its machines
            known[key] = {"": kind == "step-found"}
        elif kind == "step-done":
            known.setdefault(key, {})[machine] = (key, machine) in carried_out
        elif kind in ("step-skipped", "step-failed"):
            known.setdefault(key, {})[machine] = kind == "step-skipped"
    return {key for key, machines in known.items() if all(machines.values())}


def section_reached(done: set[str]) -> str:
    """The section that somebody works in: the first with a step that is not done."""
    for step in STEPS:
        if step.key not in done:
            return str(section_number(step.section)[0])
    return ALL_DONE


def last_failure(journal: list[dict[str, Any]]) -> LastFailure | None:
    """The newest step that failed, or command of the learner's own that ended badly."""
    later: set[str] = set()
    for entry in reversed(journal):
        kind, key = entry.get("kind"), entry.get("step", "")
        if kind in _DONE:
            later.add(key)
        elif kind in _NOT and key in GUIDE:
            step = GUIDE[key]
            why = entry.get("text", "").partition("\n")[0] or _("not done yet")
            what = pair(step.heading, why)
            return LastFailure(entry["time"], redact(what), key in later)
        elif kind == "command-ended" and not key and _is_bad(entry.get("exit_code")):
            line = entry.get("command", "").partition("\n")[0]
            what = _("{machine}$ {line} (exit status {exit_code})").format(
                machine=entry.get("machine", ""), line=line, exit_code=entry["exit_code"]
            )
            return LastFailure(entry["time"], redact(what), False)
    return None


def _is_bad(status: int | None) -> bool:
    return bool(status) and status not in _INTERRUPTED
