"""PASS or FAIL, the evidence, the remedy: for people and for programs."""

from __future__ import annotations

import pytest

from owlab import Lab, guide
from owlab.errors import CheckFailed, StepError
from owlab.notebook import check, checks, claim, prerequisites
from owlab.notebook.checks import show_claims
from owlab.notebook.mime import CHECK
from owlab.step import Check, Evidence, Step
from owlab.steps import helm

from .conftest import Shown

TOKEN = "K10" + "a" * 40 + "::server:0123456789"


def test_what_passes_is_shown_and_recorded(lab: Lab, shown: Shown) -> None:
    check(lab, claim("water is wet", True, ["seen", "felt"]))
    assert "PASS  water is wet" in shown.plain
    assert shown.record(CHECK) == [
        {
            "checks": [
                {
                    "title": "water is wet",
                    "passed": True,
                    "evidence": ["seen", "felt"],
                    "remedy": "",
                }
            ]
        }
    ]


def test_what_fails_is_shown_with_all_others_and_then_raised(lab: Lab, shown: Shown) -> None:
    with pytest.raises(CheckFailed) as caught:
        check(
            lab,
            claim("first", False, "nothing there", remedy="Run 1.2."),
            claim("second", True, ""),
        )
    assert caught.value == CheckFailed(
        brief="1 of 2 checks failed: first.", details="nothing there", resolution="Run 1.2."
    )
    assert "FAIL  first" in shown.plain
    assert "What to do: Run 1.2." in shown.plain
    assert "PASS  second" in shown.plain


def test_a_summary_leaves_the_remedy_to_what_is_missing(lab: Lab, shown: Shown) -> None:
    """One line says what to do, and a mark stays on one line."""
    lines = [claim("all", False, remedy="Run `a`."), claim("a", False, "none", remedy="Run `a`.")]
    show_claims(lines, CHECK, {})
    assert shown.html.count("What to do:") == 1
    assert "none<br><strong>What to do:</strong> Run <code>a</code>." in shown.html
    assert "white-space: nowrap" in shown.html
    show_claims([claim("alone", False, remedy="Run `b`.")], CHECK, {})
    assert "<td><strong>What to do:</strong> Run <code>b</code>.</td>" in shown.html


def test_a_step_is_checked_against_the_world(lab: Lab, shown: Shown) -> None:
    with pytest.raises(CheckFailed) as caught:
        check(lab, helm.install)
    assert "helm.install(lab)" in caught.value.resolution
    assert "✗ helm: master does not run" in shown.plain


def test_what_is_missing_comes_with_what_is_to_be_seen_there(lab: Lab, shown: Shown) -> None:
    """Of the first machine where the step is not done, which alone is looked at."""
    done = {"master": True, "worker1": False, "worker2": False}
    step = Step(
        key="some.step",
        section="1",
        title="some step",
        where=lambda config: list(done),
        commands=lambda lab, machine: iter(()),
        check=lambda lab, machine: Check((Evidence(f"{machine} has it", done[machine]),)),
        diagnose=lambda lab, machine: f"{machine}: no room\n{machine}: no net",
    )
    with pytest.raises(CheckFailed):
        check(lab, step)
    assert "✗ worker1 has it" in shown.plain
    assert "worker1: no room" in shown.plain and "worker1: no net" in shown.plain
    assert "worker2: no room" not in shown.plain and "master: no room" not in shown.plain


def test_evidence_hides_secrets_and_html(lab: Lab, shown: Shown) -> None:
    check(lab, claim("<b>", True, f"token {TOKEN} <script>"))
    assert TOKEN not in str(shown.bundles)
    assert "<script>" not in shown.html


def test_any_truth_will_do(lab: Lab, shown: Shown) -> None:
    assert claim("x", [1]).passed
    assert not claim("x", None).passed
    assert claim("x", 1, {"b", "a"}).evidence == ("a", "b")
    assert claim("x", 1, 5).evidence == ("5",)


def test_prerequisites_that_are_missing_are_named_with_the_way_out(lab: Lab, shown: Shown) -> None:
    with pytest.raises(StepError) as caught:
        prerequisites(lab, "2")
    assert "1.2 create the virtual machines" in caught.value.details
    assert "lab.up(to='1')" in caught.value.resolution


def test_a_step_that_cannot_even_be_asked_is_not_done(
    lab: Lab, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catching up begins with a lab that has no machine: then some checks find no address."""

    def no_address(*_: object) -> None:
        raise StepError(brief="master has no address now.")

    monkeypatch.setattr(Lab, "address", no_address)
    monkeypatch.setattr(Lab, "up", lambda self, to="": None)
    with pytest.raises(StepError) as caught:
        prerequisites(lab, "7", catch_up=True)
    assert "Section 7 needs" in caught.value.brief


def test_why_a_step_is_not_done_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the step's own words, or in general where it has none."""
    step = guide.STEPS[0]
    for state, told in (
        (Check((Evidence("two machines", False, "one"),)), "two machines: one"),
        (Check(), "nothing of it was seen"),
        (Check((Evidence("two machines", True, "two"),)), ""),
    ):
        monkeypatch.setattr(type(step), "state", lambda self, lab, state=state: state)
        assert checks._missing(lab, step) == told
