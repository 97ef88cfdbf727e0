"""Incidents in a notebook: the check does not tell the cause, and the end waits for a person."""

from __future__ import annotations

import pytest

from owlab import incidents
from owlab.errors import StepError
from owlab.incidents import Report
from owlab.lab import Lab
from owlab.notebook import incidents as cells
from owlab.notebook import page
from owlab.notebook.mime import INCIDENT
from owlab.step import Check, Evidence

from .conftest import Shown

NAME = "nobody-runs"


def check(what: str, ok: bool, seen: str = "") -> Check:
    return Check((Evidence(what, ok, seen),))


BROKEN = Report(
    check("a call is answered", False, "it hangs"),
    check("the cause", False),
    check("every step of the guide is done", False, "6.1 label the nodes"),
)
WHOLE = Report(check("a call is answered", True), check("the cause", True), check("rest", True))


@pytest.fixture
def state(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """How the incident stands; repairing makes it whole."""
    now = [BROKEN]
    monkeypatch.setattr(cells, "current", lambda: lab)
    monkeypatch.setattr(incidents, "look", lambda lab, name: now[0])
    monkeypatch.setattr(incidents, "mend", lambda lab, name: now.__setitem__(0, WHOLE))
    return now


def test_the_check_tells_the_symptom_and_not_the_step(state: list[Report], shown: Shown) -> None:
    assert cells.check_incident(NAME) is False
    assert "NOT YET  a call is answered" in shown.plain
    assert "it hangs" in shown.plain
    assert "6.1" not in shown.plain
    (record,) = shown.record(INCIDENT)
    assert (record["key"], record["passed"]) == (NAME, False)


def test_what_else_was_broken_is_told_when_the_cause_is_gone(
    state: list[Report], shown: Shown
) -> None:
    state[0] = Report(WHOLE.symptom, WHOLE.cause, BROKEN.rest)
    assert cells.check_incident(NAME) is False
    assert "6.1 label the nodes" in shown.plain


def test_what_is_typed_is_set_as_code(
    state: list[Report], shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In stories, explanations and remedies: a backtick is no letter to a reader."""
    monkeypatch.setattr(incidents, "put_in", lambda lab, name: incidents.find(name))
    state[0] = Report(BROKEN.symptom, WHOLE.cause, BROKEN.rest)
    cells.incident(NAME)
    assert "<code>wsk action list</code>" in shown.html
    cells.check_incident(NAME)
    assert "<code>owlab check</code> tells." in shown.html
    cells.wrap_up("after-the-weekend", give_up=True)
    assert "<code>helm rollback</code>" in shown.html
    assert "`" not in shown.html


def test_prose_holds_whatever_is_in_it() -> None:
    assert page.prose("a `b` <i>`") == "a <code>b</code> &lt;i&gt;`"
    assert page.prose("`<b>` & `") == "<code>&lt;b&gt;</code> &amp; `"


def test_the_explanation_waits_for_a_person(
    state: list[Report], shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/x/10.ipynb")
    with pytest.raises(StepError, match="not mended yet"):
        cells.wrap_up(NAME)
    assert shown.bundles == []
    cells.wrap_up(NAME, give_up=True)
    assert "openwhisk-role" in shown.plain


def test_where_no_person_is_it_is_repaired(
    state: list[Report], shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    with pytest.raises(StepError):
        cells.wrap_up(NAME, give_up=False)
    cells.wrap_up(NAME)
    assert state == [WHOLE]
    assert "openwhisk-role" in shown.plain
