"""Runs with real kernels: what a teacher sees, and the exit status."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from owlab.batch import summary as summary_file
from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from owlab.batch.summary import RunSummary
from owlab.errors import BatchError, ConfigError

from .conftest import FAILING, PASSING, write_notebook

Run = Callable[..., tuple[RunSummary, str]]


def test_a_course_that_passes(run: Run, folder: Path) -> None:
    write_notebook(
        folder / "00-a.ipynb",
        ("md", "# First"),
        ("parameters", "workers: int | None = None  # 1 to 20"),
        ("code", "assert workers == 3"),
        PASSING,
    )
    write_notebook(folder / "01-b.ipynb", ("md", "# Second"), PASSING)
    summary, printed = run(parameters={"workers": "3"})
    assert summary.exit_code == 0
    saved = json.loads((summary.directory / "summary.json").read_text("utf-8"))
    assert saved["status"] == "passed"
    assert saved["checks"] == {"passed": 2, "total": 2}
    assert [item["name"] for item in saved["notebooks"]] == ["00-a", "01-b"]
    assert {path.name for path in summary.directory.iterdir()} == {
        *("00-a.ipynb", "01-b.ipynb", "summary.json", "report.html")
    }
    assert "All 2 notebooks ran, 2 of 2 checks passed." in printed
    assert "\x1b" not in printed, "no escape sequences where there is no terminal"
    assert len(printed.splitlines()) < 10, "a log is not flooded"


def test_a_failure_in_the_middle_and_the_way_on(run: Run, folder: Path, tmp_path: Path) -> None:
    flag = tmp_path / "mended"
    write_notebook(folder / "00-a.ipynb", PASSING)
    write_notebook(
        folder / "01-b.ipynb",
        ("md", "## The hard part"),
        ("code", f"assert __import__('os').path.exists({str(flag)!r}), 'not mended yet'"),
        PASSING,
    )
    write_notebook(folder / "02-c.ipynb", PASSING)
    write_notebook(folder / "03-d.ipynb", PASSING)
    summary, printed = run()
    assert summary.exit_code == 1
    statuses = [outcome.status for outcome in summary.outcomes]
    assert statuses == ["passed", "failed", "not run", "not run"]
    begun = [line for line in printed.splitlines() if line.endswith(" ...")]
    assert begun == ["[1/4] 00-a ...", "[2/4] 01-b ..."]
    assert "01-b failed." in printed
    assert "In cell 2, under 'The hard part': AssertionError: not mended yet" in printed
    assert "Go on with: owlab run --resume" in printed

    flag.touch()
    before = (summary.directory / "00-a.ipynb").stat().st_mtime_ns
    resumed, printed = run(resume=True)
    begun = [line for line in printed.splitlines() if line.endswith(" ...")]
    assert begun == ["[2/4] 01-b ...", "[3/4] 02-c ...", "[4/4] 03-d ..."]
    assert f"Going on in {summary.directory}, after 00-a." in printed
    assert resumed.exit_code == 0
    assert resumed.directory == summary.directory
    assert (summary.directory / "00-a.ipynb").stat().st_mtime_ns == before, "not run again"

    again, printed = run(resume=True)
    assert "is complete" in printed
    assert again.exit_code == 0


def test_a_resumed_run_does_not_skip_an_edited_notebook(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", PASSING)
    write_notebook(folder / "01-b.ipynb", FAILING)
    assert run()[0].exit_code == 1
    write_notebook(folder / "00-a.ipynb", ("code", "print('edited')"), PASSING)
    write_notebook(folder / "01-b.ipynb", PASSING)
    summary, _ = run(resume=True)
    assert summary.exit_code == 0
    assert "edited" in (summary.directory / "00-a.ipynb").read_text("utf-8")


def test_a_resumed_run_keeps_its_parameters(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("parameters", "workers: int = 2"), FAILING)
    assert run(parameters={"workers": 3})[0].exit_code == 1
    with pytest.raises(ConfigError, match="workers: it has 3, asked for 4"):
        run(parameters={"workers": 4}, resume=True)


def test_leaving_early_with_status_0_is_a_failure(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("code", "import sys; sys.exit(0)"), PASSING)
    summary, printed = run()
    assert summary.exit_code == 1
    assert "sys.exit(0)" in printed


def test_a_kernel_that_dies_is_a_failure(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("code", "import os; os._exit(0)"), PASSING)
    summary, _ = run()
    assert summary.exit_code == 1
    assert summary.outcomes[0].checks == []


def test_a_kernel_that_does_not_start_is_said_with_its_last_words(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook(folder / "00-a.ipynb", ("code", "1"), PASSING)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    (folder / "ipykernel_launcher.py").write_text("raise MemoryError('no room')")
    summary, printed = run()
    assert summary.exit_code == 1
    assert "the notebook's kernel did not start" in printed
    assert "MemoryError: no room" in printed
    assert "`owlab doctor`" in printed


SECOND_KERNEL = """
import os, time, psutil
def kernels():
    known = psutil.Process(os.getppid()).children()
    return [process for process in known if "ipykernel_launcher" in process.cmdline()]
limit = time.monotonic() + 60
while len(kernels()) < 2 and time.monotonic() < limit:
    time.sleep(0.1)
assert len(kernels()) == 2
"""


def test_the_next_kernel_starts_ahead_of_need(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("code", SECOND_KERNEL), PASSING)
    loaded = "import sys; assert 'owlab.notebook' in sys.modules and 'owlab' not in globals()"
    write_notebook(folder / "01-b.ipynb", ("code", loaded), PASSING)
    summary, printed = run()
    assert summary.exit_code == 0, printed


def test_a_kernel_that_nobody_needed_ends_with_the_run(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("code", SECOND_KERNEL), FAILING)
    write_notebook(folder / "01-b.ipynb", PASSING)
    summary, printed = run()
    assert "mend it" in printed and summary.exit_code == 1
    kernels = [p for p in psutil.Process().children() if "ipykernel_launcher" in p.cmdline()]
    assert kernels == []
    assert not list(summary.directory.glob(".*.log"))


def test_a_failed_check_is_a_failure_although_no_cell_raised(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", FAILING)
    summary, printed = run()
    assert summary.exit_code == 1
    assert "mend it" in printed


def test_a_wrong_parameter_starts_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("parameters", "workers: int = 2"), PASSING)
    with pytest.raises(ConfigError, match="did you mean workers"):
        run(parameters={"wrokers": 3})
    assert not (tmp_path / "runs").exists()


def test_nothing_to_run_is_said(run: Run, folder: Path) -> None:
    with pytest.raises(BatchError, match="The notebooks were not found"):
        run()
    write_notebook(folder / "00-a.ipynb", PASSING)
    with pytest.raises(BatchError, match="no notebook from 05 to 06"):
        run(first=5, last=6)
    with pytest.raises(BatchError, match="no earlier run"):
        run(resume=True)
    write_notebook(folder / "00-a.ipynb").write_text("no notebook", "utf-8")
    with pytest.raises(BatchError, match="not a notebook"):
        run()


class InterruptsAt(Progress):
    """Presses Ctrl-C as soon as a file shows that the cell is under way."""

    def __init__(self, stream: Any, started: Path) -> None:
        super().__init__(stream)
        self._flag = started
        self._done = False

    def tick(self) -> None:
        if self._flag.exists() and not self._done:
            self._done = True
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)


def test_an_interruption_ends_the_cell_and_the_kernel_and_can_be_resumed(
    folder: Path, tmp_path: Path
) -> None:
    assert threading.current_thread() is threading.main_thread()
    started, ended, pid = tmp_path / "started", tmp_path / "ended", tmp_path / "pid"
    body = f"""
import os, pathlib, time
pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))
if not pathlib.Path({str(started)!r}).exists():
    try:
        pathlib.Path({str(started)!r}).touch()
        time.sleep(600)
    finally:
        pathlib.Path({str(ended)!r}).touch()
"""
    write_notebook(folder / "00-a.ipynb", PASSING)
    write_notebook(folder / "01-b.ipynb", ("code", body), PASSING)
    options = RunOptions(out=tmp_path / "runs", notebooks=folder)
    stream = io.StringIO()
    summary = run_course(options, InterruptsAt(stream, started))
    assert summary.exit_code == 130
    assert ended.exists(), "the cell could put its things away"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text("utf-8")), 0)
    saved = json.loads((summary.directory / "summary.json").read_text("utf-8"))
    assert saved["status"] == "interrupted"
    assert [item["status"] for item in saved["notebooks"]] == ["passed", "interrupted"]
    assert "Go on with: owlab run --resume" in stream.getvalue()

    resumed = run_course(
        RunOptions(out=tmp_path / "runs", notebooks=folder, resume=True), Progress(io.StringIO())
    )
    assert resumed.exit_code == 0


def test_executed_notebooks_hold_no_secrets(run: Run, folder: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\\nMIIBQ0FG\\n-----END PRIVATE KEY-----"
    body = (
        f"key = '{key}'.replace('MIIB', 'MIIC')\nprint(key); display({{'a': [key]}}); assert 0, key"
    )
    write_notebook(folder / "00-a.ipynb", ("code", body), PASSING)
    summary, printed = run()
    written = "".join(path.read_text("utf-8") for path in summary.directory.iterdir())
    assert "***" in written
    assert "MIICQ0FG" not in written + printed


def test_a_run_is_resumed_as_far_as_is_said(run: Run, folder: Path) -> None:
    for number in range(4):
        write_notebook(folder / f"0{number}-a.ipynb", PASSING)
    write_notebook(folder / "01-a.ipynb", FAILING)
    assert run()[0].exit_code == 1
    write_notebook(folder / "01-a.ipynb", PASSING)
    summary, _ = run(resume=True, last=2)
    assert summary.exit_code == 0
    assert [outcome.name for outcome in summary.outcomes] == ["00-a", "01-a", "02-a"]
    with pytest.raises(ConfigError, match="takes no --from"):
        run(resume=True, first=1)


def test_a_run_of_another_lab_is_not_resumed(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", ("parameters", "lab_name: str = 'owlab'"), PASSING)
    first, _ = run(parameters={"lab_name": "first"})
    run(parameters={"lab_name": "second"})
    assert run(parameters={"lab_name": "first"}, resume=True)[0].directory == first.directory
    with pytest.raises(BatchError, match="no earlier run of the lab 'third'"):
        run(parameters={"lab_name": "third"}, resume=True)


def test_a_run_that_is_under_way_is_left_alone(run: Run, folder: Path) -> None:
    write_notebook(folder / "00-a.ipynb", FAILING)
    first, _ = run()
    before = (first.directory / "summary.json").read_text("utf-8")
    with (
        summary_file.alone(first.directory),
        pytest.raises(BatchError, match="under way in another process"),
    ):
        run(resume=True)
    assert (first.directory / "summary.json").read_text("utf-8") == before


def test_what_the_kernel_says_of_itself_is_kept_beside_the_notebook(
    run: Run, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_notebook(
        folder / "00-a.ipynb", ("code", "import os; os.write(2, b'from the kernel\\n')"), PASSING
    )
    summary, _ = run()
    assert summary.exit_code == 0
    assert "from the kernel" not in capfd.readouterr().err


def test_the_next_kernel_is_started_while_one_notebook_runs(run: Run, folder: Path) -> None:
    """The first cell waits for it: it would wait in vain if each were started when its turn is."""
    write_notebook(
        folder / "00-a.ipynb",
        (
            "code",
            "import os, time, psutil\n"
            "parent, end = psutil.Process(os.getppid()), time.monotonic() + 30\n"
            "def kernels():\n"
            "    return sum('ipykernel' in ' '.join(c.cmdline()) for c in parent.children())\n"
            "while kernels() < 2 and time.monotonic() < end: time.sleep(0.05)\n"
            "assert kernels() == 2, kernels()",
        ),
        PASSING,
    )
    for name in ("01-b", "02-c"):
        write_notebook(folder / f"{name}.ipynb", PASSING)
    summary, printed = run()
    assert summary.exit_code == 0, printed
    assert not list(summary.directory.glob(".*.log"))
