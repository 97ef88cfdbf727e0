"""What the records of a lab say of it, and that looking leaves them as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from owlab import marks
from owlab.classroom import memory
from owlab.classroom.homes import Home, find_homes
from owlab.classroom.rows import Row, rows
from owlab.guide import STEPS
from tests.unit.classroom.conftest import MakeLab, carried_out, done, solved

FIRST = ("vms.install_provider", "vms.create", "k3s.install_server", "k3s.join_workers")


def one(pattern: str) -> Row:
    (row,) = rows(find_homes([pattern]))
    return row


def test_a_section_is_reached_when_all_before_it_is_done(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab(
        "ann",
        done("vms.install_provider", "host", "step-skipped"),
        *(done(step.key) for step in STEPS[1:7]),
    )
    carried_out(directory, *((step.key, "master") for step in STEPS[1:7]))
    assert one(pattern).section == "4"
    assert one(pattern).steps == 7


def test_a_step_that_was_taken_back_is_not_done(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann", *(done(key) for key in FIRST))
    carried_out(directory, *((key, "master") for key in FIRST[1:]))
    assert (one(pattern).section, one(pattern).steps) == ("1", 3)


def test_one_machine_that_failed_is_enough(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann", done("vms.create"), done("vms.create", "worker1", "step-failed"))
    carried_out(directory, ("vms.create", "master"))
    assert one(pattern).steps == 0


def test_what_was_typed_by_hand_counts_when_a_check_saw_it(make_lab: MakeLab, pattern: str) -> None:
    entries = [{"kind": "step-found", "step": step.key} for step in STEPS]
    make_lab("ann", *entries)
    assert one(pattern).section == "all done"
    make_lab("ann", *entries, {"kind": "step-missing", "step": STEPS[0].key})
    assert one(pattern).section == "1"


def test_the_last_failure_and_whether_it_is_over(make_lab: MakeLab, pattern: str) -> None:
    failed = {**done("vms.create", kind="step-failed"), "text": "The machine did not start.\nmore"}
    own = {"kind": "command-ended", "machine": "master", "command": "helm x\ny", "exit_code": 1}
    make_lab("ann", failed)
    failure = one(pattern).failure
    assert failure is not None
    assert failure.what == "1.2 create the virtual machines: The machine did not start."
    assert not failure.over
    make_lab("ann", failed, done("vms.create"))
    failure = one(pattern).failure
    assert failure is not None
    assert failure.over
    make_lab("ann", failed, own, {**own, "exit_code": 0}, {**own, "exit_code": 130})
    failure = one(pattern).failure
    assert failure is not None
    assert failure.what == "master$ helm x (exit status 1)"
    # What a step tries until it succeeds is no failure of the learner's.
    make_lab("ann", {**own, "step": "vms.create"})
    assert one(pattern).failure is None


def test_secrets_of_old_journals_are_hidden(make_lab: MakeLab, pattern: str) -> None:
    token = f"K10{'0af3' * 12}::server:abc"
    line = {"kind": "command-ended", "machine": "m", "command": f"k3s {token}", "exit_code": 1}
    make_lab("ann", line)
    failure = one(pattern).failure
    assert failure is not None
    assert failure.what == "m$ k3s *** (exit status 1)"


def test_exercises_and_incidents_also_of_a_lab_that_is_gone(
    make_lab: MakeLab, pattern: str, tmp_path: Path
) -> None:
    directory = tmp_path / "ann" / "owlab" / "labs" / "owlab"
    for key in ("06.2", "01.1", "99.9"):
        solved(directory, key)
    solved(directory, "02.1", passed=False)
    marks.note(directory, "incident", "no-room", passed=True)
    row = one(pattern)
    assert (row.exercises, row.incidents) == (["01.1", "06.2"], ["no-room"])
    assert row.section == ""
    assert row.active


def test_damaged_records_are_read_as_far_as_they_go(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann", done("vms.install_provider", "host", "step-skipped"))
    with (directory / "journal.jsonl").open("a") as file:
        file.write('{"time": 3}\n[]\n{"time": "2026-01-01T11:00:00+00:00", "step": ["x"]}\n')
        file.write('{"time": "2026-01-01T11:00:00+00:00", "kind": [], "exit_code": "x"}\n{"ti')
    (directory / "steps.json").write_text("{]")
    (directory / "config.yaml").write_text("a: [")
    row = one(pattern)
    assert row.steps == 1
    assert row.notes == ["config.yaml: it holds no settings"]


def test_what_may_not_be_read_is_said_and_the_rest_is_told(make_lab: MakeLab, pattern: str) -> None:
    directory = make_lab("ann")
    (directory / "journal.jsonl").unlink()
    (directory / "journal.jsonl").symlink_to("/etc/passwd")
    solved(directory, "06.2")
    row = one(pattern)
    assert row.exercises == ["06.2"]
    assert [note.partition(":")[0] for note in row.notes] == ["journal.jsonl"]


def test_a_home_that_cannot_be_looked_into_has_a_line() -> None:
    (row,) = rows([Home("bo", Path("/nowhere"), "it may not be looked into")])
    assert (row.learner, row.lab, row.notes) == ("bo", "", ["it may not be looked into"])
    assert not row.marks_were_read, "that nothing was solved is not known"


def test_a_home_without_labs_has_a_line(tmp_path: Path) -> None:
    (tmp_path / "ann" / "owlab").mkdir(parents=True)
    assert one(f"{tmp_path}/*/owlab").notes == ["no labs yet"]


def test_looking_changes_nothing(make_lab: MakeLab, pattern: str, tmp_path: Path) -> None:
    solved(make_lab("ann", done("vms.create")), "06.2")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    rows(find_homes([pattern]))
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.fixture
def processes(make_lab: MakeLab, tmp_path: Path) -> Iterator[Path]:
    """A service and a kernel of ann's, as far as one can see from outside; and one of nobody's."""
    directory = make_lab("ann")
    waits = "import sys; sys.stdin.read()"
    words = ["owlab.pocket.service.daemon", "--dir", str(directory / "pocket")]
    kernel = {**os.environ, "OWLAB_HOME": str(tmp_path / "ann" / "owlab"), "OWLAB_LAB": "owlab"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", waits, *more], stdin=subprocess.PIPE, env=environment
        )
        for more, environment in (
            (words, dict(os.environ)),
            (["ipykernel_launcher"], kernel),
            (["ipykernel_launcher"], {**kernel, "OWLAB_LAB": "other"}),
        )
    ]
    yield directory
    for process in started:
        process.communicate()


def test_memory_is_that_of_the_service_and_the_kernels(processes: Path, pattern: str) -> None:
    used = memory.look([processes])[processes]
    assert used.processes == 2
    row = one(pattern)
    assert row.memory is not None
    assert row.memory > 2 << 20
