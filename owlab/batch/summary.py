"""The record of a run: written after each notebook, so that a crash leaves a true one."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from owlab import durable
from owlab.batch.evidence import NotebookOutcome
from owlab.errors import BatchError
from owlab.language import ENGLISH, _

FILE = "summary.json"
_RUN = re.compile(r"\d{8}-\d{6}(-\d+)?")

RunStatus = Literal["running", "passed", "failed", "interrupted"]


@dataclass(slots=True)
class RunSummary:
    """What a run did. ``exit_code`` is 0 only if everything in it was proved."""

    directory: Path
    status: RunStatus = "running"
    parameters: dict[str, Any] = field(default_factory=dict)
    first: int = 0
    last: int = 7
    language: str = ENGLISH
    started: str = field(default_factory=lambda: _now())
    finished: str = ""
    outcomes: list[NotebookOutcome] = field(default_factory=list)
    resume_command: str = ""

    @property
    def exit_code(self) -> int:
        """For the shell: 0 all passed, 130 interrupted as by Ctrl-C, 1 anything else."""
        return {"passed": 0, "interrupted": 130}.get(self.status, 1)

    @property
    def unfinished(self) -> NotebookOutcome | None:
        """The first notebook that did not pass."""
        return next((item for item in self.outcomes if item.status != "passed"), None)

    @property
    def seconds(self) -> float:
        """In cells, over all notebooks."""
        return round(sum(outcome.seconds for outcome in self.outcomes), 3)

    @property
    def checks_passed(self) -> tuple[int, int]:
        """How many checks passed, and of how many."""
        checks = [check for outcome in self.outcomes for check in outcome.checks]
        return sum(check.passed for check in checks), len(checks)

    def finish(self) -> None:
        """Say what it came to, judged by the outcomes alone."""
        self.finished = _now()
        states = [outcome.status for outcome in self.outcomes]
        if "interrupted" in states:
            self.status = "interrupted"
        elif states and all(state == "passed" for state in states):
            self.status = "passed"
        else:
            self.status = "failed"

    def save(self) -> None:
        """Write ``summary.json``, all or nothing.

        :raises BatchError: it cannot be written; the one from before stays.
        """
        passed, total = self.checks_passed
        content = {
            "version": 1,
            "status": self.status,
            "exit_code": None if self.status == "running" else self.exit_code,
            "started": self.started,
            "finished": self.finished,
            "seconds": self.seconds,
            "checks": {"passed": passed, "total": total},
            "parameters": self.parameters,
            "first": self.first,
            "last": self.last,
            "language": self.language,
            "resume": self.resume_command,
            "notebooks": [outcome.as_dict() for outcome in self.outcomes],
        }
        write_whole(self.directory / FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file, all or nothing.

    :raises BatchError: it cannot be written, as when the disk is full.
    """
    try:
        durable.write(path, text)
    except OSError as error:
        raise BatchError(
            brief=_("{path} could not be written to {parent}.").format(
                path=path.name, parent=path.parent
            ),
            details=str(error),
            resolution=_("Make room there, then go on with `owlab run --resume`."),
        ) from None


def read(directory: Path) -> RunSummary:
    """The summary in ``directory``.

    :raises BatchError: there is none that can be read.
    """
    try:
        saved = json.loads((directory / FILE).read_text("utf-8"))
        return RunSummary(
            directory=directory,
            status=saved["status"],
            parameters=saved["parameters"],
            first=saved["first"],
            last=saved["last"],
            language=saved.get("language", ENGLISH),
            started=saved["started"],
            finished=saved["finished"],
            resume_command=saved["resume"],
            outcomes=[NotebookOutcome.from_dict(item) for item in saved["notebooks"]],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BatchError(
            brief=_("The run in {directory} has no summary that can be read.").format(
                directory=directory
            ),
            details=f"{type(error).__name__}: {error}",
            resolution=_("Start a new run without --resume."),
        ) from None


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """For one process at a time: two would write the same notebooks.

    :raises BatchError: another process works on this run.
    """
    held = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BatchError(
            brief=_("The run in {directory} is under way in another process.").format(
                directory=directory
            ),
            resolution=_("Wait until it ends, or end it with Ctrl-C where it runs."),
        ) from None
    finally:
        os.close(held)


def mend(out: Path) -> None:
    """Say of runs whose process was killed that they were interrupted, and no longer "running"."""
    for path in sorted(out.glob("*")):
        if not _RUN.fullmatch(path.name) or not (path / FILE).is_file():
            continue
        with suppress(BatchError, OSError):
            run = read(path)
            if run.status == "running":
                with alone(path):  # nobody is at work on it
                    run.status, run.finished = "interrupted", _now()
                    run.save()


def latest(out: Path, lab_name: str | None = None) -> RunSummary:
    """The newest run below ``out``, of a lab if one is named.

    :raises BatchError: there is none.
    """
    runs = sorted(
        path for path in out.glob("*") if _RUN.fullmatch(path.name) and (path / FILE).exists()
    )
    if not runs:
        raise BatchError(
            brief=_("There is no earlier run below {out}.").format(out=out),
            resolution=_("Start one without --resume."),
        )
    for directory in reversed(runs):
        run = read(directory)
        if lab_name is None or run.parameters.get("lab_name") in (None, lab_name):
            return run
    raise BatchError(
        brief=_("There is no earlier run of the lab {lab_name!r} below {out}.").format(
            lab_name=lab_name, out=out
        ),
        resolution=_("Start one without --resume."),
    )


def new_directory(out: Path) -> Path:
    """``out/<YYYYmmdd-HHMMSS>``, made; with a number behind when that second is taken.

    :raises BatchError: it cannot be made.
    """
    name = datetime.now().strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        try:
            (out / f"{name}{suffix}").mkdir(parents=True)
            return out / f"{name}{suffix}"
        except FileExistsError:
            continue
        except OSError as error:
            raise BatchError(
                brief=_("The folder for this run cannot be made below {out}.").format(out=out),
                details=str(error),
                resolution=_("Choose another place with --out."),
            ) from None
    raise BatchError(
        brief=_("Too many runs started in the same second below {out}.").format(out=out)
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
