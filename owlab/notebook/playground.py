"""A place to call functions: the result, the logs, and how long it took."""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass
from html import escape
from typing import Any

from owlab.command import Command
from owlab.errors import CommandError, ConfigError
from owlab.fact import parse_json
from owlab.lab import Lab, describe
from owlab.notebook import page
from owlab.steps import wsk
from owlab.steps.control import control


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function, as it went."""

    action: str
    result: Any
    logs: tuple[str, ...]
    start: str
    duration_ms: int
    round_trip_ms: float
    activation: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        answer = json.dumps(self.result, indent=4, ensure_ascii=False)
        about = (
            f"{self.start} start, {self.duration_ms} ms in the function, "
            f"{self.round_trip_ms:.0f} ms with the way there and back"
        )
        logs = "\n".join(self.logs)
        html = (
            f"<pre>{escape(answer)}</pre><div>{escape(about)}</div>"
            f"<details><summary>logs, {len(self.logs)} lines</summary>"
            f"<pre>{escape(logs)}</pre></details>"
        )
        plain = "\n".join([answer, about, *(f"log: {line}" for line in self.logs)])
        return page.bundle(html, plain)


def call(lab: Lab, action: str, **parameters: Any) -> Call:
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
        raise CommandError(
            brief=f"The function {action} failed.",
            details=describe(result),
            resolution="Read its logs: wsk activation logs --last",
        )
    record = parse_json(result.stdout)
    notes = {note["key"]: note["value"] for note in record.get("annotations", [])}
    return Call(
        action=action,
        result=record["response"].get("result"),
        logs=tuple(record.get("logs", [])),
        start="cold" if "initTime" in notes else "warm",
        duration_ms=int(record.get("duration", 0)),
        round_trip_ms=took,
        activation=record["activationId"],
    )


class Playground:
    """A form to call functions by hand. Without a browser it only says what it would offer."""

    def __init__(self, lab: Lab, actions: tuple[str, ...] = ("hellocli", "helloweb")) -> None:
        self._lab = lab
        self._actions = actions

    def widget(self) -> Any:
        """Function, parameters, a button, and the answer below."""
        import ipywidgets as widgets

        wide = {"description_width": "9em"}
        action = widgets.Dropdown(options=self._actions, description="Function", style=wide)
        parameters = widgets.Textarea(
            '{"name": "JavaScript"}', description="Parameters (JSON)", style=wide
        )
        button = widgets.Button(description="Call", tooltip="Call the function and wait")
        answer = widgets.HTML()

        def clicked(_: Any) -> None:
            button.disabled = True
            answer.value = "calling ..."
            try:
                given = parameters_from(parameters.value)
                shown = call(self._lab, action.value, **given)._repr_mimebundle_()["text/html"]
                answer.value = str(shown)
            except (CommandError, ConfigError) as error:
                answer.value = f"<pre>{escape(str(error))}</pre>"
            finally:
                button.disabled = False

        button.on_click(clicked)
        return widgets.VBox([action, parameters, button, answer])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = f"Playground for {', '.join(self._actions)}: shown in JupyterLab."
        return {**self.widget()._repr_mimebundle_(), **page.bundle(escape(text), text)}


def parameters_from(text: str) -> dict[str, Any]:
    """The parameters that somebody typed.

    :raises ConfigError: it is no JSON object.
    """
    try:
        given = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError(brief="The parameters are not JSON.", details=str(error)) from None
    if not isinstance(given, dict):
        raise ConfigError(
            brief="The parameters are not a JSON object.", resolution='Write {"name": "value"}.'
        )
    return given
