"""How a class is told: times, memory, failures, and what a journal comes to."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from owlab.classroom import journals
from owlab.classroom.journals import LastFailure
from owlab.classroom.page import _ago, memory_text, page, table
from owlab.classroom.rows import TOTALS, Row
from owlab.guide import STEPS


def ago(**since: float) -> str:
    return _ago((datetime.now(UTC) - timedelta(**since)).isoformat())


@pytest.mark.parametrize(
    ("since", "text"),
    [
        ({"minutes": 0}, "0 min ago"),
        ({"minutes": -5}, "0 min ago"),
        ({"minutes": 119}, "119 min ago"),
        ({"minutes": 121}, "2 h ago"),
        ({"hours": 47}, "47 h ago"),
        ({"hours": 49}, "2 days ago"),
        ({"days": 30}, "30 days ago"),
    ],
)
def test_how_long_ago(since: dict[str, float], text: str) -> None:
    assert ago(**since) == text


def test_never_is_a_dash() -> None:
    assert _ago("") == "-"


@pytest.mark.parametrize(
    ("memory", "exact", "text"),
    [(None, True, "-"), (0, True, "0 MB"), (3 << 20, True, "3 MB"), (3 << 20, False, "≤ 3 MB")],
)
def test_memory(memory: int | None, exact: bool, text: str) -> None:
    assert memory_text(Row("ann", memory=memory, memory_is_exact=exact)) == text


def shown(*of: Row, one_line: bool = False) -> list[str]:
    console = Console(file=io.StringIO(), width=180)
    console.print(table(of, lambda text: text, one_line=one_line))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()[1:]]


def test_a_line_for_each_lab() -> None:
    failed = LastFailure("2026-01-01T00:00:00+00:00", "x" * 250, False)
    first, second, third = shown(
        Row("ann", "owlab", section="4", exercises=["01.1"], incidents=["a", "b"]),
        Row("bo", "night", marks_were_read=False, section="all done"),
        Row("cy", ""),
    )
    totals = TOTALS["exercises"], TOTALS["incidents"]
    assert first.split() == ["ann", "4", f"1/{totals[0]}", f"2/{totals[1]}", "-", "-"]
    assert second.split()[:4] == ["bo", "(night)", "all", "done"]
    assert f"?/{totals[0]}" in second and third.split()[:2] == ["cy", "-"]
    (line, *rest) = shown(Row("ann", failure=failed, notes=["n1", "n2"]))
    told = "".join([line, *rest])
    assert told.count("x") == 200 and rest[-2].strip() == "n1" and rest[-1].strip() == "n2"
    over = LastFailure(failed.time, "helm", True)
    (line,) = shown(Row("ann", failure=over, notes=["n1", "n2"]), one_line=True)
    assert line.endswith("helm (done since); n1; n2")
    (line,) = shown(Row("ann", notes=["n1"]))
    assert line.endswith("n1") and ";" not in line


def test_the_page_is_read_again_where_that_is_said() -> None:
    assert 'http-equiv="refresh"' not in page([Row("ann")])
    assert 'content="30"' in page([Row("ann")], 30)


# -- journals ------------------------------------------------------------------------------


def entry(kind: str, step: str = "k3s.join_workers", machine: str = "w", **more: Any) -> Any:
    return {"time": "2026-01-01T00:00:00+00:00", "kind": kind, "step": step,
            "machine": machine} | more  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "carried_out", "done"),
    [
        ([entry("step-done")], True, True),
        ([entry("step-done")], False, False),
        ([entry("step-skipped")], False, True),
        ([entry("step-failed")], True, False),
        ([entry("step-failed"), entry("step-done")], True, True),
        ([entry("step-done"), entry("step-failed")], True, False),
        ([entry("step-found")], False, True),
        ([entry("step-missing")], True, False),
        ([entry("step-done"), entry("step-missing")], True, False),
        ([entry("step-failed"), entry("step-found")], False, True),
        ([entry("step-found"), entry("step-failed")], False, False),
        ([entry("step-done"), entry("step-failed", machine="v")], True, False),
        ([entry("command-ended")], True, False),
        ([entry("step-found", step="no.step")], True, False),
    ],
)
def test_what_is_done(entries: list[Any], carried_out: bool, done: bool) -> None:
    units = {("k3s.join_workers", "w")} if carried_out else set()
    assert journals.steps_done(entries, units) == ({"k3s.join_workers"} if done else set())


@pytest.mark.parametrize(
    ("count", "section"),
    [(0, "1"), (4, "1"), (5, "2"), (6, "3"), (12, "6"), (14, "7"), (15, "all done")],
)
def test_sections_that_are_reached(count: int, section: str) -> None:
    assert journals.section_reached({step.key for step in STEPS[:count]}) == section


def command(status: int | None, step: str = "") -> Any:
    return entry("command-ended", step, command="helm x\nmore", exit_code=status)


@pytest.mark.parametrize(
    ("entries", "what", "over"),
    [
        ([], None, False),
        ([command(0)], None, False),
        ([command(None)], None, False),
        ([command(130)], None, False),
        ([command(143)], None, False),
        ([command(1, "helm.install")], None, False),
        ([command(1)], "w$ helm x (exit status 1)", False),
        ([command(1), command(2), command(0)], "w$ helm x (exit status 2)", False),
        ([entry("step-failed", text="why\nmore")],
         "1.4 join the workers to the cluster: why", False),
        ([entry("step-missing")], "1.4 join the workers to the cluster: not done yet", False),
        ([entry("step-failed", text="why"), entry("step-found")],
         "1.4 join the workers to the cluster: why", True),
        ([entry("step-failed", text="why"), entry("step-done", step="helm.install")],
         "1.4 join the workers to the cluster: why", False),
        ([entry("step-failed", step="no.step")], None, False),
    ],
)  # fmt: skip
def test_what_failed_last(entries: list[Any], what: str | None, over: bool) -> None:
    found = journals.last_failure(entries)
    assert (found.what if found else None) == what
    assert (found.over if found else False) is over
