"""Drawings, maps, costs, transcripts and errors of a notebook: what each part comes to."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from owlab import Lab, observed, settings
from owlab.command import Command, Variable
from owlab.errors import LabError, StepError
from owlab.events import Event
from owlab.notebook import form, page, transcript, trouble
from owlab.notebook.callbacks import shielded
from owlab.notebook.drawing import Arrow, Box, Drawing
from owlab.notebook.form import Cost
from owlab.notebook.map import Picture, _is_good, _line, _short, _state
from owlab.notebook.transcript import Transcript, _Running, _Unit
from owlab.notebook.typed import Typed, _last_run, typed
from owlab.step import Check, Evidence, Step, on_master

from .conftest import Handle, Shown

# -- drawings ------------------------------------------------------------------------------


def line(start: Box, end: Box, label: str = "") -> tuple[float, ...]:
    drawn = Drawing("t", "w", (start, end), (Arrow(start.key, end.key, label),)).svg()
    found = re.search(r'<line x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"', drawn)
    assert found is not None
    return tuple(map(float, found.groups()))


def box(key: str, x: int, y: int, width: int = 100, height: int = 40) -> Box:
    return Box(key, x, y, width, key, height=height)


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        # Beside one another: from edge to edge, at half the height.
        (box("a", 0, 0), box("b", 200, 20), (100, 20, 200, 40)),
        (box("b", 200, 20), box("a", 0, 0), (200, 40, 100, 20)),
        (box("a", 0, 0), box("b", 100, 0), (100, 20, 100, 20)),
        # One below the other: from the lower edge to the upper one.
        (box("a", 0, 0), box("b", 0, 100), (50, 40, 50, 100)),
        (box("b", 0, 100), box("a", 0, 0), (50, 100, 50, 40)),
        (box("a", 0, 0), box("b", 40, 100), (90, 40, 90, 100)),
        (box("a", 0, 0, 100), box("b", 90, 100, 300), (92, 40, 140, 100)),
    ],
)
def test_arrows(start: Box, end: Box, wanted: tuple[float, ...]) -> None:
    assert line(start, end) == wanted


def test_words_of_arrows_stand_beside_or_above_them() -> None:
    for end, x, y, middle in ((box("b", 0, 100), 58, 64, False), (box("b", 200, 0), 150, 14, True)):
        drawn = Drawing("t", "w", (box("a", 0, 0), end), (Arrow("a", "b", "asks"),)).svg()
        found = re.search(r'<text x="(\S+)" y="(\S+)"[^>]*>asks', drawn)
        assert found is not None and (float(found[1]), float(found[2])) == (x, y)
        assert ("text-anchor" in found[0]) is middle
    assert "asks" not in Drawing("t", "w", (box("a", 0, 0),)).svg()


def test_boxes_are_as_tall_as_their_lines() -> None:
    assert [Box("a", 0, 0, 9, "t", ("x",) * n).tall for n in (0, 1, 3)] == [34, 52, 88]
    assert Box("a", 0, 0, 9, "t", ("x",), height=7).tall == 7
    drawn = Drawing("T <1>", "words & all", (Box("a", 10, 20, 90, "t", ("l1", "l2")),)).svg()
    assert 'viewBox="0 0 112 102"' in drawn
    assert "<title" in drawn and "T &lt;1&gt;" in drawn and "words &amp; all" in drawn
    places = re.findall(r'<text x="(\d+)" y="(\d+)"[^>]*?(font-weight)?[^>]*>(\w+)<', drawn)
    assert [(x, y, said) for x, y, _, said in places] == [
        ("20", "40", "t"), ("20", "58", "l1"), ("20", "76", "l2"),
    ]  # fmt: skip


def test_a_drawing_is_translated() -> None:
    first = Drawing("t", "w", (Box("a", 0, 0, 9, "b", ("l",)),), (Arrow("a", "a", "x"),
                    Arrow("a", "a")))  # fmt: skip
    other = first.translated(str.upper, "words")
    assert (first.texts(), other.texts(), other.words) == (
        ["t", "b", "l", "x"], ["T", "B", "L", "X"], "words",
    )  # fmt: skip


# -- the map -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "good"),
    [
        ("Running", True),
        ("Running 10.0.0.1", True),
        ("Completed", True),
        ("Bound", True),
        ("calls: 3, last warm, 12 ms", True),
        ("Pending", False),
        ("CrashLoopBackOff", False),
        ("", False),
        ("NotRunning", False),
    ],
)
def test_states_that_are_good(state: str, good: bool) -> None:
    assert _is_good(state) is good
    assert _line("x", state).startswith("● x" if good else "○ x")


def test_long_names_are_cut() -> None:
    assert _short("a" * 44) == "a" * 44 and _short("a" * 45) == "a" * 43 + "…"
    assert _line("n" * 50, "Running") == "● " + "n" * 30 + "…" + "  Running"
    assert _state({"state": "Running", "ipv4": ""}) == "Running"


def row(**values: Any) -> observed.Row:
    return values


def test_a_picture_has_what_there_is() -> None:
    now = datetime.now(UTC)
    machines = [row(name="Master", role="server", state="Running", ipv4="1"),
                row(name="storage", role="storage", state="Stopped", ipv4="")]  # fmt: skip
    pods = [
        row(name="p", status="Running", node="master"),
        row(name="q", status="Pending", node=""),
    ]
    claims = [row(name="c", status="Bound", volume="v"), row(name="d", status="Bound", volume="w"),
              row(name="e", status="Pending", volume="")]  # fmt: skip
    volumes = [row(name="v", server="10.0.0.1"), row(name="w", server="")]
    calls = [row(action="f", start="warm", duration_ms=3, time=now),
             row(action="g", start="cold", duration_ms=9, time=now - timedelta(seconds=16)),
             row(action="f", start="cold", duration_ms=99, time=now - timedelta(minutes=1)),
             ]  # fmt: skip
    picture = Picture(machines, pods, claims, volumes, calls)
    assert picture.boxes() == [
        ("Master (server): Running 1", [("p", "Running")]),
        ("storage (storage): Stopped", [("volume of c", "Bound"), ("volume of e", "Pending")]),
        ("on a node's own disk:", [("volume of d", "Bound")]),
        ("on no machine yet:", [("q", "Pending")]),
        ("functions, by their last calls:",
         [("▶ f", "calls: 2, last warm, 3 ms"), ("g", "calls: 1, last cold, 9 ms")]),
    ]  # fmt: skip
    assert picture.plain().splitlines()[:2] == ["Master (server): Running 1", "    p: Running"]
    drawn = picture.drawing()
    assert [(b.x, b.kind) for b in drawn.boxes] == [
        (12, "machine"), (388, "bad"), (12, "machine"), (388, "bad"), (12, "function"),
    ]  # fmt: skip
    assert drawn.boxes[2].y == drawn.boxes[0].y + drawn.boxes[0].tall + 16
    assert "<li>q: Pending</li>" in picture.html()


def test_before_there_is_a_master_nothing_is_asked(lab: Lab) -> None:
    picture = Picture.of(lab)
    assert picture.pods == [] and len(picture.machines) == 4
    assert [lines.lines for lines in picture.drawing().boxes] == [("empty",)] * 4


@pytest.mark.parametrize(
    ("role", "address", "asked"),
    [("server", "10.0.0.1", True), ("server", "", False), ("agent", "10.0.0.1", False)],
)
def test_only_a_master_with_an_address_is_asked(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, role: str, address: str, asked: bool
) -> None:
    rows = [{"name": "vm", "role": role, "state": "Running", "ipv4": address}]
    looked: list[Lab] = []

    def look(lab: Lab) -> list[Any]:
        looked.append(lab)
        return []

    monkeypatch.setattr(observed, "machines", lambda lab: rows)
    for name in ("pods", "claims", "volumes", "activations"):
        monkeypatch.setattr(observed, name, look)
    assert Picture.of(lab).machines == rows
    assert len(looked) == (4 if asked else 0)


# -- what a lab costs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("memory", "disk", "simulated", "fits"),
    [
        (7.9, 49, False, True),
        (8, 49, False, False),
        (7.9, 50, False, False),
        (99, 999, True, True),
    ],
)
def test_what_fits(memory: float, disk: float, simulated: bool, fits: bool) -> None:
    cost = Cost(memory, disk, 8, 50, simulated)
    assert cost.fits is fits
    said = cost.sentence
    assert ("a few hundred MB" in said) is simulated
    assert ("does not fit" in said) is (not fits) and ("it fits." in said) is (
        fits and not simulated
    )


def test_costs_are_in_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=16 * 2**30))
    monkeypatch.setattr(
        "owlab.notebook.form.shutil.disk_usage", lambda path: SimpleNamespace(free=80 * 2**30)
    )
    config = settings.load({"provider": "multipass"}, environment={})
    cost = Cost.of(config)
    assert (cost.memory, cost.disk) == (22, 140)
    assert (cost.memory_here, cost.disk_here, cost.simulated) == (16, 80, False)
    assert "`" not in form._meaning("image")


# -- transcripts ---------------------------------------------------------------------------


def ran(output: str = "", exit_code: int | None = 0) -> _Running:
    return _Running("master", "ls", Command("ls", on="master"), output, exit_code)


@pytest.mark.parametrize(
    ("output", "status", "said", "open_"),
    [
        ("one\n", 0, "output, 1 line", True),
        ("one\ntwo", 0, "output, 2 lines", True),
        ("x\n" * 14, 0, "output, 14 lines", True),
        ("x\n" * 15, 0, "output, 15 lines", False),
        ("one\n", 3, "output, 1 line, exit status 3", True),
        ("one\n", None, "output, 1 line", True),
    ],
)
def test_outputs_are_folded(output: str, status: int | None, said: str, open_: bool) -> None:
    shown = transcript._html(_Unit("master", commands=[ran(output, status)]))
    assert f"<summary>{said}</summary>" in shown
    assert ("<details open>" in shown) is open_


def test_outputs_as_text() -> None:
    long = "".join(f"{number}\n" for number in range(13))
    told = transcript._plain(_Unit("master", commands=[ran(long, 3), ran()])).splitlines()
    assert told[:3] == ["master$ ls", "... 1 lines before these ...", "1"]
    assert told[-3:] == ["12", "(exit status 3)", "master$ ls"]
    twelve = transcript._plain(_Unit("master", commands=[ran("x\n" * 12)]))
    assert "before these" not in twelve
    assert "<details" not in transcript._html(_Unit("master", commands=[ran(" \n")]))


@pytest.mark.parametrize(
    ("status", "headline", "mark"),
    [
        ("done", "1.4 join (w): done in 2.5 s", "good"),
        ("already done", "1.4 join (w): already done", "good"),
        ("failed", "1.4 join (w): failed", "bad"),
        ("running", "1.4 join (w): running", "faint"),
    ],
)
def test_headlines(status: str, headline: str, mark: str) -> None:
    unit = _Unit("w", "1.4 join", status, "why", 2.5)
    assert transcript._plain(unit) == f"{headline}  why"
    assert f'<span class="{mark}">{headline}</span> <span class="faint">why</span>' in (
        transcript._html(unit)
    )
    assert transcript._plain(_Unit("w")) == "" == transcript._html(_Unit("w"))


def test_a_failed_command_outside_a_step_says_its_status(handles: list[Handle]) -> None:
    told = Transcript()
    told(Event("command-started", "", "host", command="false"))
    told(Event("command-ended", "", "host", command="false", exit_code=1, seconds=0.5))
    (record,) = [v for k, v in handles[0].last.items() if "transcript" in k]
    assert record["status"] == "exit status 1"
    assert record["commands"] == [
        {"machine": "host", "text": "false", "output": "", "exit_code": 1, "seconds": 0.5}
    ]
    told(Event("command-started", "", "host", command="true"))
    told(Event("command-output", "", "host", command="true", text="late"))
    told(Event("command-output", "", "other", command="x", text="lost"))
    told(Event("command-ended", "", "host", command="true", exit_code=0))
    assert len(handles) == 2 and handles[1].last["text/plain"] == "host$ true\nlate"


# -- what was typed ------------------------------------------------------------------------


def entry(kind: str, machine: str = "master", unit: str = "w", step: str = "s", **more: Any) -> Any:
    return {"time": "2026-01-01T00:00:00+00:00", "kind": kind, "machine": machine, "unit": unit,
            "step": step, "command": more.get("command", "x")}  # fmt: skip


def test_the_newest_run_that_reached_the_end() -> None:
    first, second = (entry("command-ended", command=name) for name in "ab")
    other = entry("command-ended", unit="v", command="d")
    end, failed = entry("step-done", machine="w"), entry("step-failed", machine="w")
    for entries, wanted in (
        ([first, end], [first]),
        ([first, other, second, end], [first, second]),
        ([first, end, second, failed], [first]),
        ([first, failed, second, end], [second]),
        ([first, end, second, end], [second]),
        ([first], []),
        ([first, entry("step-done", machine="v"), second, end], [first, second]),
        ([entry("command-ended", step="t"), end], []),
        ([entry("command-ended", step="t"), first, entry("step-done", step="t"), end], [first]),
        ([first, entry("step-skipped", machine="w")], []),
    ):
        assert _last_run(entries, "s", "w") == wanted


def test_what_a_step_would_type(lab: Lab) -> None:
    secret = Variable("K", Command("cat k"), secret=True)
    key = "33333333-2222-4333-8444-555555555555:" + "k" * 64

    def plan(*texts: str) -> Step:
        commands = [Command(text, on="master", variables=(secret,)) for text in texts]
        check = Check((Evidence("x", True),))
        return Step("s.s", "1", "s", lambda lab, m: iter(commands), lambda lab, m: check, on_master)

    planned = typed(lab, plan(f"use {key}"), "master")
    assert [command.text for command in planned.commands] == ["use ***"]
    assert planned.about == "Its commands: this lab did not type them, it found them done"
    assert typed(lab, plan(), "master").about == "There is nothing to type."
    assert "as they were typed on 2026" in Typed(planned.commands, "2026-01-01 00:00").about

    def lost(lab: Any, machine: str) -> Any:
        raise LabError("no inventory")

    sick = Step("s.s", "1", "s", lost, lambda lab, m: Check(), on_master)
    assert typed(lab, sick, "master").commands == ()


# -- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traceback", "wanted"),
    [
        (["StepError: brief"], ("brief", "", "")),
        (["StepError: brief", "one\ntwo"], ("brief", "one\ntwo", "")),
        (["StepError: brief", "What to do: mend"], ("brief", "", "mend")),
        ([], None),
        (["ValueError: x"], None),
        (["StepError: Traceback (most recent"], None),
    ],
)
def test_errors_are_read_back(traceback: list[str], wanted: Any) -> None:
    found = trouble.parts("StepError", list(traceback))
    assert found == wanted


def test_errors_have_as_many_parts_as_there_are() -> None:
    assert trouble._three_parts(StepError("b")) == ["StepError: b"]
    assert trouble._three_parts(StepError("b", "d", "r")) == ["StepError: b", "d", "What to do: r"]
    assert trouble._three_parts(StepError("b", resolution="r")) == ["StepError: b", "What to do: r"]


def test_a_fault_of_ours_in_a_callback_is_said() -> None:
    seen: list[str] = []

    def fails(change: Any) -> None:
        raise ZeroDivisionError("by zero")

    shielded(fails, seen.append)(None)
    assert "ZeroDivisionError: by zero" in seen[0] and "Please report it" in seen[0]


# -- the page ------------------------------------------------------------------------------


def test_columns_are_as_wide_as_their_cells() -> None:
    shown = page.columns(("a", "bb"), [("1", "2"), ("节点", "x")])
    assert shown.splitlines() == ["a     bb", "1     2", "节点  x"]


def test_errors_on_a_page() -> None:
    assert page.error("b") == '<div role="alert"><span class="bad">b</span></div>'
    whole = page.error("use `x`", "<d>", "try `y`")
    assert "<code>x</code>" in whole and "&lt;d&gt;" in whole and "<code>y</code>" in whole
    assert json.loads(json.dumps(page.bundle("h", "p", {"k": 1})))["k"] == 1


def test_a_table_is_shown(shown: Shown) -> None:
    page.show(page.table(("a",), [("<b>1</b>",)]), "plain", {"k": [1]})
    assert shown.plain == "plain" and "<td><b>1</b></td>" in shown.html
    assert shown.record("k") == [[1]]


def test_the_time_of_commands_is_that_of_the_last(lab: Lab) -> None:
    rows = [
        {"time": f"2026-01-01T0{hour}:00:00+00:00", "kind": kind, "step": "a.b"} | more
        for hour, kind, more in (
            (1, "command-ended", {"unit": "master", "command": "one", "machine": "master"}),
            (2, "command-ended", {"unit": "master", "command": "two", "machine": "master"}),
            (3, "step-done", {"machine": "master"}),
        )
    ]
    lab.journal.path.parent.mkdir(parents=True, exist_ok=True)
    lab.journal.path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    step = Step("a.b", "1", "s", lambda lab, m: iter(()), lambda lab, m: Check(), on_master)
    found = typed(lab, step, "master")
    assert [command.text for command in found.commands] == ["one", "two"]
    ended = datetime.fromisoformat(rows[1]["time"]).astimezone()
    assert found.when == f"{ended:%Y-%m-%d %H:%M}"
