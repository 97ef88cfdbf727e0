"""A pocket lab goes to a section and comes back: machines, cluster and functions as they were."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from owlab import Lab, moving
from owlab.notebook.exercises import check_exercise


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    made = Lab.open("mine")
    yield made
    made.down()


def owlab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "owlab", *words], capture_output=True, text=True, timeout=200
    )


def sections(lab: Lab) -> set[str]:
    return {key for key, _ in lab.folder.carried_out()}


def test_there_and_back(lab: Lab) -> None:
    lab.up()
    lab.run("echo mine > ~/note.txt", on="master")
    address = lab.address("master")
    assert moving.goto(lab, 5)
    assert "helm.install" in sections(lab)
    assert "storage.deploy_provisioner" not in sections(lab)
    assert lab.run("cat ~/note.txt", on="master").exit_code != 0
    assert lab.run("sudo kubectl get nodes", on="master")

    moving.undo(lab)
    assert lab.run("cat ~/note.txt", on="master").stdout == "mine\n"
    assert lab.address("master") == address, "what was deployed for it goes on"
    called = lab.run("wsk -i action invoke hellocli --result --param name me", on="master")
    assert called, called.stderr
    assert "me" in called.stdout
    assert lab.up().changed is False


def test_points_are_given_for_a_lab_that_runs_and_it_is_left_alone(
    lab: Lab, tmp_path: Path
) -> None:
    lab.up("1.2")
    lab.run("date > ~/notes.txt")
    before = {path: path.stat().st_mtime_ns for path in lab.directory.iterdir()}
    graded = owlab("grade", "--homes", str(tmp_path), "--check")
    assert graded.returncode == 0, graded.stderr
    lines = {line["exercise"]: line for line in csv.DictReader(io.StringIO(graded.stdout))}
    assert lines["00.1"]["points"] == "1"
    assert "~/notes.txt is on the laptop" in lines["00.1"]["evidence"]
    assert lines["03.1"]["points"] == "0"
    assert {path: path.stat().st_mtime_ns for path in lab.directory.iterdir()} == before

    # What check_exercise said is enough when the lab is gone.
    assert check_exercise("00.1", lab=lab)
    lab.down()
    recorded = owlab("grade", "--homes", str(tmp_path)).stdout
    lines = {line["exercise"]: line for line in csv.DictReader(io.StringIO(recorded))}
    assert lines["00.1"]["points"] == "1"
    assert lines["00.1"]["evidence"].startswith("recorded as solved: ")
