"""What a learner reads of a call that failed, whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab import Lab
from owlab.errors import CommandError
from owlab.notebook.calls import FunctionCall, call

GET = "Correct the function and `wsk action update` it. The whole record: wsk activation get "
WHICH = "Which functions are there? wsk action list"


def answers(monkeypatch: pytest.MonkeyPatch, out: str, err: str, status: int) -> None:
    text = f"printf '%s' '{out}'; printf '%s' '{err}' >&2; exit {status} #"
    monkeypatch.setattr("owlab.steps.wsk.program", lambda lab: text)


@pytest.mark.parametrize(
    ("record", "brief", "details", "after"),
    [
        (
            {"response": {"result": {"error": "no such user"}}},
            "f failed: no such user", "failed, after 0 ms", "--last",
        ),
        (
            {"response": {"result": {"error": {"für": 1}}}, "activationId": "1", "duration": 9},
            'f failed: {"für": 1}', "failed, after 9 ms", "1",
        ),
        (
            {"response": {"result": {"said": "x"}, "status": "developer error"}, "duration": 9},
            'f failed: {"said": "x"}', "developer error, after 9 ms", "--last",
        ),
        (
            {"response": {"result": "plain"}, "logs": ["2026 stderr: a b", "word"]},
            "f failed: plain", "failed, after 0 ms\nstderr: a b\nword", "--last",
        ),
        ({"response": {}}, "f failed: {}", "failed, after 0 ms", "--last"),
    ],
)  # fmt: skip
def test_what_the_function_said(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    record: dict[str, Any],
    brief: str,
    details: str,
    after: str,
) -> None:
    answers(monkeypatch, "", f"ok: invoked\n{json.dumps(record)}", 246)
    with pytest.raises(CommandError) as caught:
        call(lab, "f")
    error = caught.value
    assert (error.brief, error.details, error.resolution) == (brief, details, GET + after)


@pytest.mark.parametrize(
    ("err", "brief"),
    [
        ("error: Unable to invoke: no.\nRun wsk --help\n", "f could not be called: Unable to inv"),
        ("\n  \nsomething else", "f could not be called: something else"),
        ("", "f could not be called: exit status 3"),
        ('{"response": 3}', 'f could not be called: {"response": 3}'),
        ('{"code": 3}', 'f could not be called: {"code": 3}'),
    ],
)
def test_what_wsk_said(lab: Lab, monkeypatch: pytest.MonkeyPatch, err: str, brief: str) -> None:
    answers(monkeypatch, "", err, 3)
    with pytest.raises(CommandError) as caught:
        call(lab, "f")
    assert caught.value.brief.startswith(brief)
    assert caught.value.resolution == WHICH


def test_a_call_without_duration_logs_or_notes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, '{"activationId": "7", "response": {}}', "", 0)
    made = call(lab, "f", who="it's", n=[1])
    assert made == FunctionCall("f", None, (), "warm", 0, made.round_trip_ms, "7")
    assert 0 < made.round_trip_ms < 90_000
