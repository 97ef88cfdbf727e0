"""Calling a function: the result, the logs, and how long it took; a failure by its own words."""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass
from html import escape
from typing import Any

from owlab.command import Command, Result
from owlab.errors import CommandError
from owlab.fact import parse_json
from owlab.lab import Lab, describe
from owlab.language import N_, _
from owlab.notebook import page
from owlab.redact import redact
from owlab.steps import wsk
from owlab.steps.control import control

START = {"cold": N_("cold"), "warm": N_("warm")}


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """One call of a function, as it went."""

    action: str
    result: Any
    logs: tuple[str, ...]
    start: str
    duration_ms: int
    round_trip_ms: float
    activation: str

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        answer = json.dumps(self.result, indent=4, ensure_ascii=False)
        about = _(
            "{start} start, {duration_ms} ms in the function, {round_trip_ms:.0f} "
            "ms with the way there and back"
        ).format(
            start=_(START[self.start]),
            duration_ms=self.duration_ms,
            round_trip_ms=self.round_trip_ms,
        )
        logs = "\n".join(self.logs)
        said = _("logs, lines: {count}").format(count=len(self.logs))
        html = (
            f"{page.output(answer)}<div>{escape(about)}</div>"
            f"<details><summary>{escape(said)}</summary>"
            f"{page.output(logs)}</details>"
        )
        plain = "\n".join([answer, about, *(f"log: {line}" for line in self.logs)])
        return page.bundle(html, plain)


def call(lab: Lab, action: str, **parameters: Any) -> FunctionCall:
    """Call a function and wait: ``call(lab, "hellocli", name="JavaScript")``.

    :raises CommandError: the function failed, or is not there.
    """
    words = [
        f"--param {shlex.quote(name)} {shlex.quote(json.dumps(value))}"
        for name, value in parameters.items()
    ]
    text = " ".join([f"{wsk.program(lab)} action invoke {shlex.quote(action)} --blocking", *words])
    started = time.monotonic()
    result = lab.run(Command(text, on=control(lab).machine, timeout=90))
    took = (time.monotonic() - started) * 1000
    if not result:
        raise _failure(action, result)
    record = parse_json(result.stdout)
    return FunctionCall(
        action=action,
        result=record["response"].get("result"),
        logs=tuple(record.get("logs", [])),
        start="cold" if "initTime" in _notes(record) else "warm",
        duration_ms=int(record.get("duration", 0)),
        round_trip_ms=took,
        activation=record["activationId"],
    )


def _notes(record: dict[str, Any]) -> dict[str, Any]:
    return {note["key"]: note["value"] for note in record.get("annotations", [])}


def _failure(action: str, result: Result) -> CommandError:
    """What the function said, then what it logged; the record itself says little more."""
    try:
        # wsk prints the record of a failed call to its errors.
        record = parse_json(f"{result.stdout}\n{result.stderr}")
        response = record["response"]
        said = response.get("result", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return _not_called(action, result)
    message = said.get("error", said) if isinstance(said, dict) else said
    message = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    logs = [line.partition(" ")[2] or line for line in record.get("logs", [])]
    about = _("{status}, after {duration} ms").format(
        status=response.get("status", "failed"), duration=record.get("duration", 0)
    )
    return CommandError(
        brief=_("{action} failed: {message}").format(action=action, message=redact(message)),
        details=redact("\n".join([about, *logs])),
        resolution=_(
            "Correct the function and `wsk action update` it. The whole record: wsk "
            "activation get {activation}"
        ).format(activation=record.get("activationId", "--last")),
    )


def _not_called(action: str, result: Result) -> CommandError:
    said = [line for line in result.stderr.splitlines() if line.strip()]
    first = said[0].removeprefix("error: ") if said else f"exit status {result.exit_code}"
    return CommandError(
        brief=_("{action} could not be called: {first}").format(action=action, first=redact(first)),
        details=describe(result),
        resolution=_("Which functions are there? wsk action list"),
    )
