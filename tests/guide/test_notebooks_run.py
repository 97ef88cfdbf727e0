"""The whole course on a new pocket lab, as ``owlab run`` does it, read from the executed notebooks.

One run, which many tests examine.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from owlab import Lab
from owlab.batch.course import read_notebook
from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from owlab.batch.summary import RunSummary
from owlab.errors import ConfigError
from owlab.notebook.mime import TRANSCRIPT

pytestmark = pytest.mark.timeout(900)  # its fixture runs the whole course

FOLDER = Path(__file__).parents[2] / "notebooks"


@dataclass
class Course:
    """A run, and what its notebooks show."""

    summary: RunSummary
    printed: str
    home: Path

    def cell(self, cell_id: str) -> Any:
        path = next(self.summary.directory.glob(f"{cell_id[:2]}-*.ipynb"))
        return next(cell for cell in read_notebook(path).cells if cell.id == cell_id)

    def shown(self, cell_id: str) -> str:
        """All the text that a cell left."""
        return "\n".join(
            entry.get("text") or entry.get("data", {}).get("text/plain", "")
            for entry in self.cell(cell_id).outputs
        )

    def printed_by(self, cell_id: str) -> str:
        """What the commands of a cell printed."""
        return "".join(
            command["output"]
            for entry in self.cell(cell_id).outputs
            for command in entry.get("data", {}).get(TRANSCRIPT, {}).get("commands", [])
        )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    # Short: the service's folder must fit into a socket's path on every system.
    home = tmp_path_factory.mktemp("my lab")
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(home)
    stream = io.StringIO()
    lab = Lab.open("notebooks")
    try:
        options = RunOptions(
            parameters={"lab_name": "notebooks"}, out=home / "runs", notebooks=FOLDER
        )
        yield Course(run_course(options, Progress(stream)), stream.getvalue(), home)
    finally:
        lab.down()
        if before is None:
            del os.environ["OWLAB_HOME"]
        else:
            os.environ["OWLAB_HOME"] = before


def test_every_cell_ran_and_every_check_passed(course: Course) -> None:
    assert course.summary.exit_code == 0, course.printed
    passed, total = course.summary.checks_passed
    assert passed == total
    assert total >= 30
    assert [outcome.name[:2] for outcome in course.summary.outcomes] == [
        f"{number:02}" for number in range(8)
    ]


def test_four_machines_run(course: Course) -> None:
    table = course.printed_by("01-s12-list")
    for name in ("master", "worker1", "worker2", "storage"):
        assert re.search(rf"^{name} +Running +127\.\d+\.\d+\.\d+ +Ubuntu 24.04 LTS$", table, re.M)


def test_all_nodes_are_ready(course: Course) -> None:
    shown = course.shown("01-s14-nodes")
    for name in ("master", "worker1", "worker2"):
        assert re.search(rf"^{name} +Ready ", shown, re.M)


def test_nfs_is_exported_to_the_nodes_only(course: Course) -> None:
    shown = course.shown("01-s15-exports")
    assert "no_root_squash" in shown
    assert "<world>" not in shown


def test_the_storage_class_is_there(course: Course) -> None:
    shown = course.shown("05-class")
    assert re.search(r"^local-path \(default\) +rancher.io/local-path ", shown, re.M)
    assert re.search(
        r"^nfs-client +cluster.local/openwhisk-nfs-nfs-subdir-external-provisioner ", shown, re.M
    )
    assert "clusterrole.rbac.authorization.k8s.io/openwhisk-nfs" in course.shown("05-rbac")
    assert re.search(r"^openwhisk-nfs-nfs-\S+ +1/1 +Running", course.shown("05-pods"), re.M)


def test_all_claims_are_bound_to_nfs_client(course: Course) -> None:
    shown = course.shown("06-claims")
    assert len(re.findall(r"Bound +nfs-client", shown)) == 6
    directories = course.printed_by("06-directories").split()
    assert sum(name.startswith("openwhisk-owdev-") for name in directories) == 6


def test_all_pods_run_or_are_completed(course: Course) -> None:
    lines = [line for line in course.shown("06-pods").splitlines() if line.startswith("owdev-")]
    assert len(lines) >= 13
    assert all(re.search(r" (Running|Completed) ", line) for line in lines)


def test_the_packages_of_the_guide_are_there(course: Course) -> None:
    shown = course.printed_by("06-packages")
    for name in ("messaging", "alarms", "websocket", "utils", "samples", "slack", "github"):
        assert re.search(rf"^/whisk.system/{name} +shared$", shown, re.M)


def test_the_functions_answer_as_in_the_guide(course: Course) -> None:
    assert json.loads(course.printed_by("07-s71-world")) == {"payload": "Hello, World!"}
    assert json.loads(course.printed_by("07-s71-javascript")) == {"payload": "Hello, JavaScript!"}
    url = r"https://127\.[0-9.]+:31001/api/v1/web/guest/default/helloweb"
    lines = course.printed_by("07-s72-url").splitlines()
    assert lines[0] == "ok: got action helloweb"
    assert re.fullmatch(url, lines[1])
    plain = json.loads(course.printed_by("07-s72-curl"))
    assert (plain["__ow_method"], plain["__ow_path"]) == ("get", "")
    assert plain["__ow_headers"]["host"] == "controllers"
    assert json.loads(course.printed_by("07-s72-query"))["name"] == "Python"


def test_activations_are_recorded_cold_and_warm(course: Course) -> None:
    shown = course.shown("07-activations")
    assert "hellocli" in shown
    assert "helloweb" in shown
    assert {"cold", "warm"} <= set(shown.split())
    (plot,) = [entry for entry in course.cell("07-plot").outputs if "image/png" in entry.data]
    assert plot.data["image/png"]


def test_no_secret_is_in_any_file_of_the_run(course: Course) -> None:
    lab = Lab.open("notebooks")
    from owlab.command import Command

    keys = lab.run(Command("cat ~/kubeyaml/keys.env", on=lab.master)).stdout
    token = lab.run(
        Command("sudo cat /var/lib/rancher/k3s/server/node-token", on=lab.master)
    ).stdout.strip()
    secrets = [line.partition("=")[2] for line in keys.splitlines()]
    secrets = [secret for secret in [*secrets, token] if secret]
    assert len(secrets) == 4
    for path in course.summary.directory.iterdir():
        text = path.read_text("utf-8")
        for secret in secrets:
            assert secret not in text, path.name
            assert secret.rpartition(":")[2] not in text, path.name


def test_the_report_holds_the_whole_course_and_fetches_nothing(course: Course) -> None:
    report = (course.summary.directory / "report.html").read_text("utf-8")
    for outcome in course.summary.outcomes:
        assert f'id="{outcome.name}"' in report
    assert "Hello, JavaScript!" in report
    assert not re.search(r'(?:src|<link[^>]+href)="https?:', report)


def test_a_second_run_changes_nothing(course: Course) -> None:
    journal = Lab.open("notebooks").journal
    before = len([e for e in journal.entries() if e["kind"] == "step-done"])
    options = RunOptions(
        parameters={"lab_name": "notebooks"},
        first=1,
        last=6,
        out=course.home / "again",
        notebooks=FOLDER,
    )
    assert run_course(options, Progress(io.StringIO())).exit_code == 0
    after = [e["step"] for e in journal.entries() if e["kind"] == "step-done"]
    assert after[before:] == [], "every step saw that it was done"


def run_section(course: Course, lab: str, number: int, **parameters: str) -> RunSummary:
    options = RunOptions(
        parameters={"lab_name": lab, "catch_up": "true", **parameters},
        first=number,
        last=number,
        out=course.home / lab,
        notebooks=FOLDER,
    )
    return run_course(options, Progress(io.StringIO()))


def test_who_arrives_late_catches_up(course: Course) -> None:
    try:
        summary = run_section(course, "late", 5)
        assert summary.exit_code == 0, summary.outcomes[0].error
    finally:
        Lab.open("late").down()


def test_the_guide_as_written_leaves_the_nfs_server_empty(course: Course) -> None:
    try:
        summary = run_section(course, "written", 6, as_written="true")
        assert summary.exit_code == 0, summary.outcomes[0].error
        executed = read_notebook(summary.directory / "06-deploy-openwhisk.ipynb")
        shown = next(cell for cell in executed.cells if cell.id == "06-claims").outputs[0]
        assert len(re.findall(r"Bound +local-path", shown.data["text/plain"])) == 6
    finally:
        Lab.open("written").down()


def test_plain_papermill_runs_a_notebook_too(course: Course) -> None:
    words = [sys.executable, "-m", "papermill", str(FOLDER / "03-helm.ipynb"), "-"]
    done = subprocess.run(
        [*words, "-p", "lab_name", "notebooks", "--no-progress-bar"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_plain_papermill_with_a_misspelt_parameter_is_refused(course: Course) -> None:
    words = [sys.executable, "-m", "papermill", str(FOLDER / "03-helm.ipynb"), "-"]
    done = subprocess.run(
        [*words, "-p", "lab_nmae", "notebooks", "--no-progress-bar"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "no parameter 'lab_nmae'" in done.stderr
    assert "Did you mean lab_name?" in done.stderr


def test_a_wrong_parameter_starts_nothing(tmp_path: Path) -> None:
    for wrong in ({"wrokers": 3}, {"workers": "four"}, {"workers": 21}, {"provider": "vmware"}):
        with pytest.raises(ConfigError):
            run_course(RunOptions(parameters=wrong, out=tmp_path / "runs", notebooks=FOLDER))
    assert not (tmp_path / "runs").exists()


def test_clean_up_deletes_only_when_it_is_told(course: Course) -> None:
    options: dict[str, Any] = {
        "first": 11,
        "last": 11,
        "out": course.home / "clean",
        "notebooks": FOLDER,
    }
    lab = {"lab_name": "notebooks"}
    looked = run_course(RunOptions(parameters=lab, **options), Progress(io.StringIO()))
    assert looked.exit_code == 0
    assert all(row.ipv4 for row in Lab.open("notebooks").provider.machines())

    really = {**lab, "really": "true", "what": "functions"}
    undone = run_course(RunOptions(parameters=really, **options), Progress(io.StringIO()))
    assert undone.exit_code == 0, undone.outcomes[0].error


def test_clean_up_takes_everything(course: Course) -> None:
    lab = Lab.open("short-lived")
    lab.up("1.2")
    everything = {"lab_name": "short-lived", "really": "true", "what": "machines"}
    options: dict[str, Any] = {
        "first": 11,
        "last": 11,
        "out": course.home / "gone",
        "notebooks": FOLDER,
    }
    gone = run_course(RunOptions(parameters=everything, **options), Progress(io.StringIO()))
    assert gone.exit_code == 0, gone.outcomes[0].error
    assert not lab.directory.exists()
    assert not [p for p in psutil.process_iter(["cmdline"]) if "short-lived" in str(p.info)]
