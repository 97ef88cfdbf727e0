"""What is said of a call of a function that has no right answer."""

from __future__ import annotations

import pytest

from owlab.command import Command, Result
from owlab.steps.replies import reason, result_of

LIMIT = "Too many requests in the last minute (count: 61, allowed: 60)."
MET = f"OpenWhisk's limit was met: {LIMIT}"


def told(out: str = "", err: str = "", status: int = 0) -> Result:
    return Result(Command("wsk"), status, out, err)


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        (told(err=f"error: Unable to invoke action 'a': {LIMIT} (code 5)\n", status=173), MET),
        (told(out=f'{{"code":"5","error":"{LIMIT}"}}'), MET),
        (
            told(err="error: Unable to get action 'x': not there\nRun 'wsk --help' for usage.\n"),
            "Unable to get action 'x': not there",
        ),
        (told(err='{\n    "error": "no luck"\n}\n', status=246), "no luck"),
        (told(err="bash: wsk: command not found\n", status=127), "bash: wsk: command not found"),
        (told(out='{"payload": "Hello"}'), "{'payload': 'Hello'}"),
        (told(), "no answer"),
        (told(status=124), "no answer, exit status 124"),
    ],
)  # fmt: skip
def test_the_reason_is_told(result: Result, wanted: str) -> None:
    assert reason(result).startswith(wanted)


def test_when_to_try_again_is_told() -> None:
    assert reason(told(err=f"error: {LIMIT}")).endswith("try again in a minute")


def test_a_result_is_json_or_nothing() -> None:
    assert result_of(told(out='{"a": 1}')) == {"a": 1}
    assert result_of(told(out="hello")) is None
