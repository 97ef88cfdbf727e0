"""``owlab break`` and ``owlab incidents``: what they tell, and what they keep to themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from owlab import incidents as known
from owlab import marks, places
from owlab.cli import incidents as commands
from owlab.cli import main
from owlab.events import Event
from owlab.incidents import INCIDENTS, Incident, Report
from owlab.marks import Mark
from owlab.step import Check, Evidence

Owlab = Callable[..., Result]
NAME = "no-room"
TIME = "2026-01-01T00:00:00+00:00"


class FakeLab:
    def __init__(self) -> None:
        self.listeners: list[Any] = []
        self.config = type("Config", (), {"name": "night"})()


def check(ok: bool, what: str, seen: str = "") -> Check:
    return Check((Evidence(what, ok, seen),))


class Played:
    """How the incident stands."""

    def __init__(self) -> None:
        self.lab = FakeLab()
        self.report = self.stands(False, False, False)
        self.active = NAME
        self.done: list[str] = []

    @staticmethod
    def stands(symptom: bool, cause: bool, rest: bool) -> Report:
        return Report(
            check(symptom, "pictures are made", "0 pods ready"),
            check(cause, "the cause"),
            check(rest, "every step of the guide is done", "6.1 label the nodes"),
        )


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    made = Played()

    def put_in(lab: Any, name: str) -> Incident:
        made.done.append(f"put in {name}")
        return known.find(name)

    def mend(lab: Any, name: str) -> None:
        made.done.append(f"mended {name}")
        for listener in lab.listeners:
            listener(Event("command-started", "", "master", command="repair"))
            listener(Event("command-output", "", "master", text="repaired\n"))
        made.report = made.stands(True, True, True)

    monkeypatch.setattr(commands, "existing_lab", lambda **which: made.lab)
    monkeypatch.setattr(known, "active", lambda lab: made.active)
    monkeypatch.setattr(known, "look", lambda lab, name: made.report)
    monkeypatch.setattr(known, "put_in", put_in)
    monkeypatch.setattr(known, "mend", mend)
    return made


@pytest.fixture
def owlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Owlab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    monkeypatch.delenv("OWLAB_LAB", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), env={"COLUMNS": "160"})

    return run


def test_a_story_is_told_and_no_cause(owlab: Owlab, played: Played) -> None:
    told = owlab("break", NAME)
    assert told.exit_code == 0 and played.done == [f"put in {NAME}"]
    incident = INCIDENTS[NAME]
    assert told.output.startswith(f"{NAME} (level {incident.level}, about {incident.minutes}")
    assert incident.story.split()[0] in told.output and "64Gi" not in told.output
    assert "owlab incidents --lab night --check" in told.output


def test_a_random_one(owlab: Owlab, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.choice", lambda names: names[-1])
    assert owlab("break").exit_code == 0
    assert played.done == [f"put in {list(INCIDENTS)[-1]}"]


@pytest.mark.parametrize(
    ("stands", "status", "lines"),
    [
        ((False, False, False), 1, [
            "no   pictures are made (0 pods ready)", "no   the cause is gone",
            # Before that, it would name the step that was broken.
            "no   nothing else is broken"]),
        ((True, False, True), 1, [
            "yes  pictures are made", "no   the cause is gone", "yes  nothing else is broken"]),
        ((True, True, False), 1, [
            "yes  pictures are made", "yes  the cause is gone",
            "no   nothing else is broken (every step of the guide is done: 6.1 label the nodes)"]),
        ((True, True, True), 0, [
            "yes  pictures are made", "yes  the cause is gone", "yes  nothing else is broken"]),
    ],
)  # fmt: skip
def test_is_it_mended(
    owlab: Owlab, played: Played, stands: tuple[bool, bool, bool], status: int, lines: list[str]
) -> None:
    played.report = played.stands(*stands)
    told = owlab("incidents", "--check")
    assert (told.exit_code, told.output.splitlines()) == (status, lines)


def test_the_explanation_waits_until_it_is_mended(owlab: Owlab, played: Played) -> None:
    told = owlab("incidents", "--explain")
    assert told.exit_code == 1 and "64Gi" not in told.output
    played.report = played.stands(True, True, True)
    told = owlab("incidents", "--explain")
    assert told.exit_code == 0 and "64Gi" in told.output and "yes" not in told.output.split()


def test_giving_up_shows_the_repair(owlab: Owlab, played: Played) -> None:
    told = owlab("incidents", "--mend")
    assert told.exit_code == 0 and played.done == [f"mended {NAME}"]
    assert told.output.splitlines()[:3] == [
        "master$ repair", "repaired", "yes  pictures are made",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [1, 2, 3])
def test_hints(owlab: Owlab, played: Played, number: int) -> None:
    told = owlab("incidents", "--hint", str(number))
    assert told.output == f"{INCIDENTS[NAME].hints[number - 1]}\n"
    other = owlab("incidents", "one-less", "--hint", str(number))
    assert other.output == f"{INCIDENTS['one-less'].hints[number - 1]}\n"


@pytest.mark.parametrize("number", ["0", "4", "x"])
def test_hints_that_there_are_not(owlab: Owlab, played: Played, number: str) -> None:
    assert owlab("incidents", "--hint", number).exit_code == 2


def test_without_an_incident_nothing_is_asked(owlab: Owlab, played: Played) -> None:
    played.active = ""
    told = owlab("incidents", "--check")
    assert told.exit_code == 2 and "No incident was put in." in told.output
    assert owlab("incidents", NAME, "--check").exit_code == 1
    unknown = owlab("incidents", "fire")
    assert unknown.exit_code == 2 and "There is no incident 'fire'" in unknown.output


def test_a_story_without_a_lab(owlab: Owlab) -> None:
    told = owlab("incidents", NAME, "--lab", "night")
    assert told.exit_code == 0 and f"owlab break --lab night {NAME}" in told.output
    assert places.lab_names() == []


def test_the_list_tells_how_far_the_lab_is(owlab: Owlab) -> None:
    directory = places.lab_directory("owlab")
    marks.note(directory, "incident", "one-less", event="put-in")
    marks.note(directory, "incident", "no-room", event="put-in")
    marks.note(directory, "incident", "no-room", event="given-up")
    marks.note(directory, "incident", "who-are-you", passed=True)
    told = owlab("incidents")
    rows = {line.split()[1]: line for line in told.output.splitlines() if line.startswith("│")}
    assert "begun" in rows["one-less"] and "given up" in rows["no-room"]
    assert "mended" in rows["who-are-you"]
    assert not any(word in rows["too-slow"] for word in ("begun", "given up", "mended"))
    assert f"Put one in:  owlab break {next(iter(INCIDENTS))}" in told.output
    levels = len({incident.level for incident in INCIDENTS.values()})
    assert told.output.count("├") == levels - 1, "a line between two levels"


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ([], ""),
        ([Mark(TIME, "incident", NAME, False, "put-in")], "begun"),
        ([Mark(TIME, "incident", NAME, False)], "begun"),
        ([Mark(TIME, "incident", "one-less", True)], ""),
        ([Mark(TIME, "exercise", NAME, True)], ""),
        ([Mark(TIME, "incident", NAME, True)], "mended"),
        ([Mark(TIME, "incident", NAME, False, "given-up"),
          Mark(TIME, "incident", NAME, True)], "given up"),
    ],
)  # fmt: skip
def test_states(found: list[Mark], state: str) -> None:
    assert commands._state(NAME, found) == state


@pytest.mark.parametrize(
    ("story", "first"),
    [("One. Two.", "One."), ("One", "One"), ("v1.2 of it. Two.", "v1.2 of it."),
     ("一句。两句。", "一句。")],
)  # fmt: skip
def test_the_first_sentence(story: str, first: str) -> None:
    assert commands._first_sentence(story) == first
