"""Running some tests in a copy of the project, to learn which of them fail."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SUMMARY = "short test summary info"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_LINE = re.compile(
    r"^(\S+\.py::.*?) *(?: (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*)?$", re.MULTILINE
)
_TIME_IS_OVER = re.compile(r"\+{5,} Timeout \+{5,}$", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a run of pytest ended."""

    status: int | None
    """Its exit status; None where the time for the whole was over."""
    said: str

    @property
    def failing(self) -> list[str]:
        """The tests that failed."""
        # Before the summary stands what was logged, which looks like one at times.
        _, ended, told = self.said.rpartition(_SUMMARY)
        if ended:
            return _FAILED.findall(told)
        return [test for test, verdict in self._lines() if verdict in ("FAILED", "ERROR")]

    @property
    def is_whole(self) -> bool:
        """All its tests were run, or as many as may fail."""
        return self.status in (0, 1)

    @property
    def last(self) -> str:
        """The last that it said."""
        return next((line for line in reversed(self.said.splitlines()) if line.strip()), "nothing")

    @property
    def stalled(self) -> str | None:
        """The test in which pytest ended, because its time was over or the process broke."""
        lines = [] if self.status in (0, None) or _SUMMARY in self.said else self._lines()
        return lines[-1][0] if lines and not lines[-1][1] else None

    def _lines(self) -> list[tuple[str, str]]:
        """Tests in their order, and how they ended."""
        return _LINE.findall(_TIME_IS_OVER.split(self.said)[0])


def ran(copy: Path, words: list[str], seconds: float, each: float = 120.0) -> Ran:
    """Run pytest with these words.

    :param seconds: for all the tests together.
    :param each: for one test. It ends the run: a loop without an end hears nothing else.
    """
    command = [sys.executable, "-m", "pytest", "-v", "-rfE", "-p", "no:cacheprovider"]
    command += [f"--timeout={each:g}", "--timeout-method=thread", *words]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Ran(None, _ended(running))
        _kill(running, signal.SIGKILL)  # what it started and left
    return Ran(running.returncode, said)


def _ended(running: subprocess.Popen[str]) -> str:
    _kill(running, signal.SIGINT)
    try:
        said, _ = running.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        _kill(running, signal.SIGKILL)
        said, _ = running.communicate()
    return said


def _kill(running: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, number)
