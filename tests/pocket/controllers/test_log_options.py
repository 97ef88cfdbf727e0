"""What ``kubectl logs`` may ask for: rules, and the lines that are left."""

from __future__ import annotations

import time

import pytest

from owlab.pocket.ground import clock
from owlab.pocket.kube.containers import printed_lines
from owlab.pocket.kube.containers.printed_lines import PrintedLine, PrintedLines
from owlab.pocket.kube.errors import BadRequest, Invalid
from owlab.pocket.kube.streams.log_options import log_options

NOON = 1_700_000_000.25
LINES = [PrintedLine(NOON + at, text) for at, text in enumerate(("one", "two", "three"))]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, "one\ntwo\nthree\n"),
        ({"tailLines": "2"}, "two\nthree\n"),
        ({"tailLines": "0"}, ""),
        ({"tailLines": "9"}, "one\ntwo\nthree\n"),
        ({"sinceTime": "2023-11-14T22:13:21Z"}, "two\nthree\n"),
        ({"sinceTime": "2023-11-14T22:13:21.25Z"}, "two\nthree\n"),
        ({"sinceTime": "2023-11-14T23:13:22+01:00"}, "three\n"),
        ({"sinceTime": "2023-11-14T22:14:00Z"}, ""),
        ({"sinceTime": "2023-11-14T22:13:21Z", "tailLines": "1"}, "three\n"),
        ({"limitBytes": "5"}, "one\nt"),
        ({"limitBytes": "500"}, "one\ntwo\nthree\n"),
        ({"timestamps": "true", "tailLines": "1"}, "2023-11-14T22:13:22.250000000Z three\n"),
    ],
)
def test_the_lines_that_are_left(query: dict[str, str], shown: str) -> None:
    options = log_options(query, "web")
    assert options.limited(options.shown(LINES)) == shown


def test_seconds_before_now() -> None:
    now = time.time()
    lines = [PrintedLine(now - 100, "old"), PrintedLine(now - 5, "new")]
    assert log_options({"sinceSeconds": "50"}, "web").shown(lines) == "new\n"
    assert log_options({"sinceSeconds": "500"}, "web").shown(lines) == "old\nnew\n"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"tailLines": "-1"}, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "0"}, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        (
            {"sinceSeconds": "1", "sinceTime": "2023-11-14T22:13:21Z"},
            ": Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
        (
            {"tailLines": "-1", "limitBytes": "-2"},
            "[tailLines: Invalid value: -1: must be greater than or equal to 0, "
            "limitBytes: Invalid value: -2: must be greater than 0]",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(query: dict[str, str], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        log_options(query, "web")
    assert str(refused.value) == f'PodLogOptions "web" is invalid: {said}'


@pytest.mark.parametrize(
    "query",
    [{"tailLines": "many"}, {"limitBytes": "1.5"}, {"sinceSeconds": ""}, {"sinceTime": "noon"}],
)
def test_what_is_no_number_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match="invalid"):
        log_options(query, "web")


def test_flags() -> None:
    options = log_options({"follow": "true", "previous": "1", "timestamps": "false"}, "web")
    assert (options.follow, options.previous, options.timestamps) == (True, True, False)


def test_a_limit_counts_what_was_sent_and_breaks_no_letter() -> None:
    options = log_options({"limitBytes": "4"}, "web")
    assert options.limited("äöü") == "äö"
    assert options.limited("äöü", sent=1) == "ä"
    assert options.limited("x", sent=4) == ""


def test_each_line_has_the_time_at_which_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    printed, now = PrintedLines(), [0.0]
    monkeypatch.setattr(clock, "source", lambda: int(now[0] * 1e9))
    for piece in ("a", "b\n", "c\nd", "", "\n\n", "e\u2028f\n"):
        now[0] += 1
        printed.add(piece)
    assert [(line.time, line.text) for line in printed.lines()] == [
        (1, "ab"),
        (3, "c"),
        (3, "d"),
        (5, ""),
        (6, "e\u2028f"),
    ]


def test_only_the_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed_lines, "LOG_LIMIT", 6)
    printed, now = PrintedLines(), [0.0]
    monkeypatch.setattr(clock, "source", lambda: int(now[0] * 1e9))
    for piece in ("one\n", "two\n", "three"):
        now[0] += 1
        printed.add(piece)
    assert [(line.time, line.text) for line in printed.lines()] == [(2, ""), (3, "three")]
