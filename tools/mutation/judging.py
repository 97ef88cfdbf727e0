"""Does a test notice the change?"""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

from tools.mutation.changes import Mutant
from tools.mutation.rooms import distance, naming, nearest_first
from tools.mutation.running import ran
from tools.mutation.traces import Traces

MOST = 150
"""Tests that only pass by. Of more, some of all kinds: the narrowest ones would be all alike."""
PLAIN = re.compile(r"[\w./:\[\]\- ]+")
ALL_DESELECTED = 5
"""pytest's exit status."""
NO_SUCH_TEST = "ERROR: not found: "
EACH = 25.0
"""Seconds for one test."""


class Judge:
    """Runs tests in a copy of the project; one change at a time in each copy."""

    def __init__(self, traces: Traces, seconds: float) -> None:
        self._traces, self._seconds = traces, seconds
        self.broken: set[str] = set()
        """Tests that fail without a change too."""

    def judged(self, mutant: Mutant, copy: Path) -> str:
        """``caught`` when a test fails with the change and passes without it; else ``survived``.

        First the tests that run the changed line, then those of its room: what none of them has
        noticed within the time has survived.
        """
        found = self._traces.tests(mutant.path, mutant.lines, mutant.users)
        about = naming(mutant.path, copy)
        near = [test for test in found if test.partition("::")[0] in about]
        far = [test for test in found if test not in set(near)]
        if len(far) > MOST:
            far = random.Random(len(far)).sample(far, MOST)
        far.sort(key=lambda test: distance(test, mutant.path))  # and the narrowest first, as before
        own = [typed(test) for test in [*near, *far]]
        end = time.monotonic() + self._seconds
        for tests in (list(dict.fromkeys(own)), nearest_first(mutant.path, copy)):
            if tests and self._noticed(mutant, copy, tests, end):
                return "caught"
        return "survived"

    def _noticed(self, mutant: Mutant, copy: Path, tests: list[str], end: float) -> bool:
        target = copy / mutant.path
        while (left := end - time.monotonic()) > 0:
            words = ["-x"]
            if not any("schemathesis" in test for test in tests):
                words += ["-p", "no:schemathesis"]  # half of what a start takes
            words += [f"--deselect={test}" for test in sorted(self.broken)]
            target.write_text(mutant.after, "utf-8")
            try:
                done = ran(copy, [*words, *tests], left, EACH)
            finally:
                target.write_text(mutant.before, "utf-8")
            if done.status in (0, None, ALL_DESELECTED) or NO_SUCH_TEST in done.said:
                return False
            failed = next(iter(done.failing), done.stalled)
            if failed is None or ran(copy, [failed], self._seconds, EACH).status == 0:
                return True
            print(f"fails without a change: {failed}", flush=True)
            self.broken.add(failed)
        return False


def typed(test: str) -> str:
    """A test as pytest takes it: what has strange parameters is run with all of them."""
    return test if PLAIN.fullmatch(test) else test.partition("[")[0]
