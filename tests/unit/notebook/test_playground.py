"""The form in which functions are called and changed: what each button does and says."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from owlab import observed
from owlab.errors import CommandError
from owlab.lab import Lab
from owlab.notebook import playground
from owlab.notebook.calls import FunctionCall
from owlab.notebook.playground import Playground

CODE = {"a": "function main() {}", "b": "def main(args): ..."}


@dataclass
class Form:
    """The widget, and what the lab was asked for."""

    root: Any
    names: list[str]
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    saved: list[tuple[str, str]] = field(default_factory=list)
    said_meanwhile: str = ""

    @property
    def chosen(self) -> Any:
        return self.root.children[0].children[0]

    @property
    def parameters(self) -> Any:
        return self.root.children[1]

    @property
    def code(self) -> Any:
        return self.root.children[2]

    @property
    def buttons(self) -> dict[str, Any]:
        found = [self.root.children[0].children[1], *self.root.children[3].children]
        return {button.description: button for button in found}

    @property
    def said(self) -> str:
        """What stands below, without its style."""
        shown = re.sub(r"(?s)<style>.*?</style>|<[^>]*>", " ", self.root.children[4].value)
        return " ".join(html.unescape(shown).split())


@pytest.fixture
def form(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Form:
    names = ["b", "a"]
    asked: list[Form] = []

    def call(lab: Lab, action: str, **given: Any) -> FunctionCall:
        form = asked[0]
        form.called.append((action, given))
        form.said_meanwhile = form.said
        assert form.buttons["Call"].disabled
        if given == {"fail": True}:
            raise CommandError(brief="a failed: no")
        return FunctionCall(action, {"greeting": "Hello"}, ("x stdout: seen",), "cold", 7, 30, "1")

    monkeypatch.setattr(observed, "actions", lambda lab: list(names))
    monkeypatch.setattr(observed, "action", lambda lab, name: {"exec": {"code": CODE[name]}})
    monkeypatch.setattr(playground, "call", call)
    place = Playground(lab)
    made = Form(place.widget(), names)
    monkeypatch.setattr(place, "save", lambda *words: made.saved.append(words))
    asked.append(made)
    return made


def test_the_code_of_the_chosen_function_is_shown(form: Form) -> None:
    assert form.chosen.options == ("a", "b")
    assert (form.chosen.value, form.code.value) == ("a", CODE["a"])
    form.chosen.value = "b"
    assert form.code.value == CODE["b"]
    assert list(form.buttons) == ["Look again", "Call", "Save the code"]


def test_a_call_shows_the_answer_its_start_and_its_logs(form: Form) -> None:
    assert form.said == ""
    form.buttons["Call"].click()
    assert form.called == [("a", {"name": "JavaScript"})]
    assert form.said_meanwhile == "calling ..."
    for part in ('"greeting": "Hello"', "cold start, 7 ms in the function", "x stdout: seen"):
        assert part in form.said
    assert not form.buttons["Call"].disabled


@pytest.mark.parametrize(
    ("parameters", "said", "calls"),
    [
        ("{", "The parameters are not JSON.", 0),
        ("[1]", "The parameters are not a JSON object. ", 0),
        ('{"fail": true}', "a failed: no", 1),
        ("", '"greeting": "Hello"', 1),
    ],
)
def test_after_a_failed_call_the_next_one_can_be_made(
    form: Form, parameters: str, said: str, calls: int
) -> None:
    form.parameters.value = parameters
    form.buttons["Call"].click()
    assert said in form.said
    assert len(form.called) == calls
    assert not form.buttons["Call"].disabled


def test_what_is_saved_is_the_code_that_is_shown(form: Form) -> None:
    form.chosen.value = "b"
    form.code.value = "other"
    form.buttons["Save the code"].click()
    assert form.saved == [("b", "other")]
    assert form.said == "b is saved. Its next call is cold."


def test_functions_come_and_go(form: Form) -> None:
    form.names[:] = ["b"]
    form.buttons["Look again"].click()
    assert (form.chosen.value, form.code.value, form.said) == ("b", CODE["b"], "Functions: 1.")
    form.names.clear()
    form.buttons["Look again"].click()
    assert (form.chosen.value, form.code.value, form.said) == (None, "", "Functions: 0.")
    form.buttons["Call"].click()
    assert form.said.startswith("There is no function yet.")
    assert form.called == []


def test_without_a_function_it_says_so(form: Form, lab: Lab) -> None:
    form.names.clear()
    shown = Playground(lab)._repr_mimebundle_()
    assert shown["text/plain"] == "Playground for no function yet: shown in JupyterLab."
    assert "application/vnd.jupyter.widget-view+json" in shown
