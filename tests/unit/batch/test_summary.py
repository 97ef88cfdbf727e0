"""The record of a run survives crashes, and the newest run is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owlab.batch.evidence import NotebookOutcome
from owlab.batch.summary import FILE, RunSummary, alone, latest, mend, new_directory, read
from owlab.errors import BatchError


def test_two_runs_in_the_same_second_have_their_own_folders(tmp_path: Path) -> None:
    made = {new_directory(tmp_path / "runs") for _ in range(5)}
    assert len(made) == 5


def test_the_newest_run_is_found(tmp_path: Path) -> None:
    for name in ("20260101-000000", "20260301-000000", "20260201-000000", "notes"):
        (tmp_path / name).mkdir()
        RunSummary(tmp_path / name).save()
    assert latest(tmp_path).directory.name == "20260301-000000"


def test_a_summary_that_was_cut_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"status": "run', "utf-8")
    with pytest.raises(BatchError, match="no summary that can be read"):
        read(tmp_path)


def test_a_full_disk_is_told_and_the_summary_from_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunSummary(tmp_path)
    run.save()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BatchError, match="No space left on device"):
            run.save()
    assert read(tmp_path).status == "running"


def test_a_run_that_was_killed_says_running_and_no_exit_code(tmp_path: Path) -> None:
    run = RunSummary(tmp_path, outcomes=[NotebookOutcome("00-a", "passed")])
    run.save()
    assert '"exit_code": null' in (tmp_path / FILE).read_text("utf-8")
    assert read(tmp_path).status == "running"


@pytest.mark.parametrize(
    ("statuses", "exit_code"),
    [
        (["passed", "passed"], 0),
        (["passed", "failed", "not run"], 1),
        (["passed", "interrupted", "not run"], 130),
        ([], 1),
    ],
)
def test_only_proof_gives_0(tmp_path: Path, statuses: list[str], exit_code: int) -> None:
    run = RunSummary(tmp_path)
    run.outcomes = [
        NotebookOutcome.from_dict({"name": "x", "status": status}) for status in statuses
    ]
    run.finish()
    assert run.exit_code == exit_code


def test_a_run_that_was_killed_does_not_run_for_ever(tmp_path: Path) -> None:
    killed, alive = tmp_path / "20260101-000000", tmp_path / "20260102-000000"
    for directory in (killed, alive):
        directory.mkdir()
        RunSummary(directory).save()
    (tmp_path / "20260103-000000").mkdir()
    (tmp_path / "20260103-000000" / FILE).write_text("{")
    with alone(alive):
        mend(tmp_path)
    assert read(killed).status == "interrupted"
    assert read(killed).finished
    assert read(alive).status == "running"
