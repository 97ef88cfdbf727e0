"""How an incident is put in, looked at and mended, whatever it is: on answers from a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from owlab import Lab, incidents, marks
from owlab.command import Command
from owlab.errors import CheckFailed, ConfigError, StepError
from owlab.incidents import INCIDENTS, Report
from owlab.lab import Lab as AnyLab
from owlab.step import Check, Evidence

from .conftest import Told

NAME = "one-less"
PLACES = {
    "one-less": ("worker2", "worker2 master"),
    "no-room": ("master", "master master"),
    "works-on-the-master": ("worker1", "worker1"),
    "who-are-you": ("master", "master"),
    "nobody-home": ("master", "master"),
    "nobody-runs": ("master master", "master master"),
    "after-the-weekend": ("master master", "master master master"),
    "after-maintenance": ("master master", "master"),
    "too-slow": ("master", "master"),
    "page-not-found": ("master", "master"),
    "ten-times-as-many": ("master", "master"),
    "half-an-upgrade": ("master master", "master"),
    "recipe-from-a-blog": ("master master", "master master"),
    "restart-that-hangs": ("storage master", "storage master"),
    "silent-storage": ("storage master", "storage master"),
    "after-the-audit": ("master master storage master", "storage master master"),
    "reinstalled-worker": ("worker2 master", "worker2 master"),
    "reports-wait": ("master", "master master master master master"),
    "will-not-go": ("master master master", "master master"),
    "back-from-repair": ("worker2 master master worker2", "worker2 master master"),
    "same-name": ("worker2 worker2", "master worker2 master"),
}
"""Where each fault is put in, and where it is mended, command by command."""


@pytest.mark.parametrize("name", INCIDENTS)
def test_where_it_is_typed(lab: Lab, told: Told, name: str) -> None:
    incident = INCIDENTS[name]
    typed = tuple(
        " ".join(command.on for command in commands(lab))
        for commands in (incident.breaks, incident.mends)
    )
    assert typed == PLACES[name]


def check(ok: bool, what: str = "x", seen: str = "") -> Check:
    return Check((Evidence(what, ok, seen),))


@pytest.mark.parametrize(("symptom", "cause", "rest"), list(product([True, False], repeat=3)))
def test_all_of_it_has_to_be_whole(symptom: bool, cause: bool, rest: bool) -> None:
    report = Report(check(symptom), check(cause), check(rest))
    assert report.mended is (symptom and cause and rest)


class Play:
    """An incident of one command each way, and how everything stands."""

    def __init__(self) -> None:
        self.symptom = self.cause = False
        self.rest = True

    def breaks(self, lab: AnyLab) -> Iterator[Command]:
        yield Command("break it")

    def mends(self, lab: AnyLab) -> Iterator[Command]:
        yield Command("mend it")
        self.symptom = self.cause = True


@pytest.fixture
def play(told: Told, monkeypatch: pytest.MonkeyPatch) -> Play:
    made = Play()
    for line in ("^break it$", "^mend it$", "delete namespace incident"):
        told.says(line)
    incident = dataclasses.replace(
        INCIDENTS[NAME],
        breaks=made.breaks,
        mends=made.mends,
        symptom=lambda lab: check(made.symptom, "people notice", "it fails"),
        cause=lambda lab: check(made.cause, "the cause"),
    )
    monkeypatch.setitem(INCIDENTS, NAME, incident)
    monkeypatch.setattr(
        incidents, "_rest", lambda lab: check(made.rest, "every step is done", "6.1 is not")
    )
    return made


def noted(lab: Lab) -> list[tuple[str, bool]]:
    return [(mark.event, mark.passed) for mark in marks.of(lab.directory)]


def test_it_is_put_in_looked_at_and_mended(lab: Lab, told: Told, play: Play) -> None:
    assert incidents.active(lab) == ""
    assert incidents.put_in(lab, NAME).name == NAME
    assert incidents.active(lab) == NAME
    assert [command.text.split()[0] for command in told.asked] == ["sudo", "break"]
    assert not incidents.look(lab, NAME).mended
    play.symptom = play.cause = True
    assert incidents.look(lab, NAME).mended
    assert noted(lab) == [("put-in", False), ("checked", False), ("checked", True)]
    assert marks.of(lab.directory)[-1].evidence == ("people notice",)
    assert lab.journal.entries() == [], "nobody reads there what was broken"
    assert list(marks.mended(marks.of(lab.directory))) == [NAME]


def test_giving_up_is_shown_and_noted(lab: Lab, play: Play) -> None:
    incidents.put_in(lab, NAME)
    incidents.mend(lab, NAME)
    assert noted(lab) == [("put-in", False), ("given-up", False), ("checked", True)]
    assert [entry["command"] for entry in lab.journal.entries()] == ["mend it"]
    assert marks.mended(marks.of(lab.directory)) == {}


def test_a_repair_that_does_not_help(lab: Lab, told: Told, play: Play) -> None:
    incidents.put_in(lab, NAME)
    play.rest = False
    with pytest.raises(CheckFailed, match="one-less is not mended yet") as failed:
        incidents.mend(lab, NAME)
    assert failed.value.details == "every step is done: 6.1 is not"
    told.says("^mend it$", "", err="no\n", status=1)
    with pytest.raises(StepError, match="The repair of one-less failed"):
        incidents.mend(lab, NAME)


def test_a_lab_that_is_not_whole_is_left_alone(lab: Lab, told: Told, play: Play) -> None:
    play.rest = False
    with pytest.raises(StepError, match="The lab is not whole") as refused:
        incidents.put_in(lab, NAME)
    assert refused.value.details == "every step is done: 6.1 is not"
    assert not told.asked and incidents.active(lab) == "" and noted(lab) == []


@pytest.mark.parametrize("line", ["^break it$", "delete namespace incident"])
def test_a_fault_that_cannot_be_put_in(lab: Lab, told: Told, play: Play, line: str) -> None:
    told.says(line, "", err="denied\n", status=1)
    with pytest.raises(StepError, match="could not be put in") as refused:
        incidents.put_in(lab, NAME)
    assert "denied" in refused.value.details
    assert incidents.active(lab) == "" and noted(lab) == []


def test_a_cluster_of_others_is_not_broken(
    make: Callable[..., Lab], told: Told, play: Play
) -> None:
    told.has_machines = False
    lab = make(provider="cluster", cluster_kubeconfig="kc", cluster_nodes=["a"])
    with pytest.raises(ConfigError, match="need the lab's own machines"):
        incidents.put_in(lab, NAME)
    assert not told.asked


def test_the_rest_is_every_step(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    broken: set[str] = set()
    monkeypatch.setattr(incidents, "is_done", lambda lab, step: step.key not in broken)
    whole = incidents._rest(lab)
    assert whole.done and whole.why == "every step of the guide is done: all of them"
    broken |= {"k3s.join_workers", "helm.install"}
    found = incidents._rest(lab)
    assert not found.done
    assert found.why.endswith("1.4 join the workers to the cluster, 3 install Helm")


def test_they_come_in_the_order_of_their_levels() -> None:
    levels = [incident.level for incident in INCIDENTS.values()]
    assert levels == sorted(levels)
    assert all(name == incident.name for name, incident in INCIDENTS.items())
