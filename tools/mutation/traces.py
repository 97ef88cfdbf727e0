"""Which tests run a line: taken down once by coverage.py, asked for each change."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from coverage import CoverageData

WITHOUT = ("guide", "incidents", "site", "browser", "vm", "fuzz", "chaos")
"""Tests of processes that they start: what these run is not seen, and tracing slows them down."""
MOST = 300
"""Tests for one line. Of more, some of all kinds: the narrowest ones would be all alike."""


def take_down(root: Path, file: Path) -> None:
    """Run the tests of single parts and note which lines each of them runs (half an hour)."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--cov=owlab", "--cov-context=test", "--cov-report=", "-n", "auto"]
    command += ["--dist", "loadfile", "tests", *(f"--ignore=tests/{name}" for name in WITHOUT)]
    file.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "COVERAGE_FILE": str(file)}
    subprocess.run(command, cwd=root, env=environment, check=False)  # one that fails is left out


def outdated(root: Path, file: Path) -> bool:
    """There is none, or a module or a test is newer."""
    if not file.exists():
        return True
    taken = file.stat().st_mtime
    folders = (root / "owlab", root / "tests")
    return any(path.stat().st_mtime > taken for top in folders for path in top.rglob("*.py"))


class Traces:
    """What :func:`take_down` has written."""

    def __init__(self, root: Path, file: Path) -> None:
        self._root = root
        self._data = CoverageData(str(file))
        self._data.read()
        self._breadth: Counter[str] = Counter()
        for path in self._data.measured_files():
            tests = {
                test
                for contexts in self._data.contexts_by_lineno(path).values()
                for test in map(_test, contexts)
                if test
            }
            self._breadth.update(tests)

    def tests(self, module: Path, lines: list[int], users: list[int]) -> list[str]:
        """Those that run one of these lines, the narrowest first.

        A line that runs when its module is imported, a constant's for example, is no test's own:
        then those that run its ``users``, or else any line of the module.
        """
        by_line = self._data.contexts_by_lineno(str(self._root / module))
        for numbers in (lines, users, list(by_line)):
            some = {_test(context) for line in numbers for context in by_line.get(line, [])} - {""}
            if some:
                break
        else:
            return []
        if len(some) > MOST:
            some = set(random.Random(len(lines)).sample(sorted(some), MOST))
        return sorted(some, key=lambda test: (self._breadth[test], test))


def _test(context: str) -> str:
    """The test of a context such as ``tests/a.py::test_b[1]|run``; empty for an import's."""
    return context.rpartition("|")[0]
