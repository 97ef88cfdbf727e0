"""Steps: check, commands, check; what happens when they fail, and when they are repeated."""

import os
import signal
import threading
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from owlab.command import Command
from owlab.errors import (
    CheckFailed,
    CommandError,
    CommandTimeout,
    LabError,
    MachineError,
    NameTaken,
    StepError,
)
from owlab.step import on_laptop
from owlab.steps import vms
from owlab.teardown import undo
from tests.unit.core.conftest import file_step
from tests.waiting import until


def collect(lab):
    events: list[Any] = []
    lab.listeners.append(events.append)
    return events


def commands(events):
    return [e.command for e in events if e.kind == "command-started"]


def test_a_second_run_types_nothing_and_says_why(lab, guide):
    first = file_step("a.one", "1")
    second = file_step("a.two", "2", needs=(first,))
    guide(first, second)
    assert lab.up().ran == ["a.one", "a.two"]
    events = collect(lab)
    again = lab.up()
    assert not again.changed
    assert again.skipped == ["a.one", "a.two"]
    assert commands(events) == []
    assert {e.text for e in events if e.kind == "step-skipped"} >= {"one on worker1: there"}


def test_a_new_lab_is_not_looked_at_before_its_steps(lab, guide):
    looks: list[str] = []
    on_machines = file_step("a.one", "1")
    here = file_step("a.two", "2", where=on_laptop)

    def looked(step):
        def check(lab, machine):
            looks.append(f"{step.key} {machine}")
            return step.check(lab, machine)

        return replace(step, check=check)

    guide(looked(on_machines), looked(here))
    assert lab.up(new=True).ran == ["a.one", "a.two"]
    assert sorted(looks) == [
        *(f"a.one worker{number}" for number in (1, 2, 3)),
        *["a.two host"] * 2,  # this computer is not new
    ]


def test_needs_come_first_and_independent_units_run_side_by_side(lab, guide):
    meet = 'touch arrived; for i in $(seq 100); do [ "$(ls ../*/arrived | wc -l)" = 3 ] && '
    together = file_step("a.one", "1", meet + "touch one && exit 0; sleep 0.05; done; exit 1")
    after = file_step("a.two", "2", "ls ../worker1/one ../worker3/one && touch two", (together,))
    guide(together, after)
    assert lab.up().ran == ["a.one", "a.two"]


def test_after_a_failure_the_next_run_continues(lab, guide):
    first = file_step("a.one", "1")
    second = file_step("a.two", "2", "test -e ../host/repaired && touch two", needs=(first,))
    third = file_step("a.three", "3", needs=(second,))
    guide(first, second, third)
    with pytest.raises(CommandError) as caught:
        lab.up()
    assert "2 make two" in caught.value.brief
    assert "exit status 1" in caught.value.details
    assert not list(lab.provider.root.glob("*/three"))
    (lab.provider.root / "host").mkdir(exist_ok=True)
    (lab.provider.root / "host" / "repaired").touch()
    assert lab.up().ran == ["a.two", "a.three"]


def test_commands_that_succeed_are_not_proof(lab, guide):
    def looked(lab, machine):
        return f"nobody made it on {machine}"

    lies = file_step("a.lies", "1", "true", deadline=0.3, diagnose=looked)
    guide(lies)
    with pytest.raises(CheckFailed) as caught:
        lab.up()
    assert "lies on worker" in caught.value.details
    assert "nobody made it on worker" in caught.value.details


def test_a_step_whose_needs_are_missing_says_which_comes_first(lab, guide):
    first = file_step("a.one", "1")
    second = file_step("a.two", "2", needs=(first,))
    guide(first, second)
    with pytest.raises(StepError) as caught:
        second(lab)
    assert "do 1 make one first" in caught.value.brief
    assert "owlab up --to 1" in caught.value.resolution
    assert not list(lab.provider.root.glob("*/two"))
    assert first(lab).changed
    assert second(lab).changed
    assert not second(lab).changed


def test_a_failure_in_the_diagnosis_hides_nothing(lab, guide):
    def broken(lab, machine):
        raise LabError(brief="no diagnosis")

    guide(file_step("a.one", "1", "echo the cause >&2; false", diagnose=broken))
    with pytest.raises(CommandError, match="the cause"):
        lab.up()


def test_secrets_do_not_reach_listeners_or_the_journal(lab, guide):
    secret = "0a1b2c3d-0000-4000-8000-0123456789ab:" + "Z" * 64
    guide(file_step("a.one", "1", f"echo {secret} | tee one"))
    events = collect(lab)
    lab.up()
    assert secret not in "".join(e.text + e.command for e in events)
    assert secret not in lab.journal.path.read_text()


def test_ctrl_c_ends_what_runs_and_starts_nothing_more(lab, guide):
    slow = file_step("a.slow", "1", "echo $$ > pid; sleep 30; touch slow", where=on_laptop)
    after = file_step("a.after", "2", needs=(slow,))
    guide(slow, after)

    def interrupt():
        pid = lab.provider.root / "host" / "pid"
        until(lambda: pid.exists() and pid.read_text().endswith("\n"))
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        lab.up()
    pid = int((lab.provider.root / "host" / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not list(lab.provider.root.glob("*/after"))
    (lab.provider.root / "host" / "slow").touch()
    assert lab.up().ran == ["a.after"]


def test_ctrl_c_twice_leaves_a_lab_that_works(lab, guide):
    stubborn = file_step(
        "a.stubborn", "1", "trap 'echo $$ > asked' TERM; echo $$ > pid; while :; do sleep 0.1; done"
    )
    guide(stubborn)

    def interrupt():
        def on_all(name: str) -> bool:
            return len(list(lab.provider.root.glob(f"*/{name}"))) == 3

        for name in ("pid", "asked"):
            until(partial(on_all, name))
            os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=interrupt)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        lab.up()
    pressing.join()
    for path in lab.provider.root.glob("*/pid"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.read_text()), 0)
    assert lab.run(Command("echo alive", on="worker1")).stdout == "alive\n"


def test_two_runs_at_once_are_refused(lab, guide):
    one = file_step("a.one", "1")
    guide(one)
    with lab.folder.busy():
        for change in (lab.up, partial(undo, lab, one)):
            with pytest.raises(LabError, match="Another owlab process"):
                change()


@pytest.mark.parametrize(
    ("error", "told"), [(CommandTimeout(brief="late"), 124), (KeyboardInterrupt(), 130)]
)
def test_a_command_that_has_no_end_is_told_as_ended(lab, guide, monkeypatch, error, told):
    def execute(command, values, on_output):
        on_output("stdout", "half a line")
        raise error

    guide(file_step("a.one", "1", where=on_laptop))
    monkeypatch.setattr(lab.provider, "execute", execute)
    events = collect(lab)
    with pytest.raises(type(error)):
        lab.run(Command("sleep 99", on="host"))
    assert [(e.kind, e.text, e.exit_code) for e in events[1:]] == [
        ("command-output", "half a line", None),
        ("command-ended", "", told),
    ]


def test_an_interrupted_step_is_told_as_ended(lab, guide, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    one = file_step("a.one", "1", where=on_laptop)
    guide(one)
    monkeypatch.setattr(lab, "run", interrupted)
    events = collect(lab)
    with pytest.raises(KeyboardInterrupt):
        one(lab)
    assert [(e.kind, e.text) for e in events][-1] == ("step-failed", "interrupted")


def test_a_name_that_is_taken_is_not_the_labs_own(lab, guide, monkeypatch):
    def launch(command, values, on_output):
        raise NameTaken(brief='instance "worker1" already exists')

    guide(vms.create)
    monkeypatch.setattr(lab.provider, "execute", launch)
    with pytest.raises(NameTaken):
        lab.up()
    assert lab.folder.made() == []


@pytest.mark.parametrize("verb", [vms.delete, vms.recover, vms.purge])
def test_machines_of_others_are_not_touched(lab, verb):
    (lab.provider.root / "worker1").mkdir(parents=True)
    events = collect(lab)
    with pytest.raises(MachineError, match="did not make worker1"):
        verb(lab, "worker1")
    assert commands(events) == []


def test_down_deletes_what_the_lab_made_and_nothing_else(lab, guide):
    root = lab.provider.root
    for name in ("worker1", "somebody-elses"):
        (root / name).mkdir(parents=True)
    lab.folder.add_made("worker1")
    assert lab.down() == ["machine worker1"]
    assert [path.name for path in root.iterdir() if path.name != "host"] == ["somebody-elses"]
    assert not lab.directory.exists()
