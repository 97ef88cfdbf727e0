"""The changes that no near test has noticed, all put in at once: does any test of all notice one?

A complete run for each change would take days. One run for all of them takes half an hour; the
tests that fail in it are run again with each half of the changes, and so on down to single ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutation.changes import Mutant
from tools.mutation.running import Ran, ran

WHOLE = 3600.0
"""Seconds for a run of all tests."""
MOST_FAILING = 60
"""One change may fail everything: the run ends, the change is taken out, and all run again."""
WITHOUT = ("vm", "incidents")
"""Tests that need a machine of their own; and where each waits for minutes if the lab is broken."""
SLOW = tuple(f"tests/{n}/" for n in ("guide", "browser", "site", "clients", "golden", "chaos"))


def groups(mutants: Sequence[Mutant]) -> list[list[Mutant]]:
    """Those that can be put in together: no two of a group change the same lines."""
    made: list[list[Mutant]] = []
    for mutant in mutants:
        for group in made:
            if not any(_same_lines(mutant, other) for other in group):
                group.append(mutant)
                break
        else:
            made.append([mutant])
    return made


def _same_lines(one: Mutant, other: Mutant) -> bool:
    return one.path == other.path and bool(set(one.lines) & set(other.lines))


def combined(mutants: Sequence[Mutant]) -> dict[Path, str]:
    """The text of each module with all the changes of it that one group has."""
    texts: dict[Path, str] = {}
    for path in dict.fromkeys(mutant.path for mutant in mutants):
        here = [mutant for mutant in mutants if mutant.path == path]
        lines = here[0].before.splitlines(keepends=True)
        edits = [edit for mutant in here for edit in _edits(mutant)]
        for first, last, new in sorted(edits, reverse=True):
            lines[first:last] = new
        texts[path] = "".join(lines)
    return texts


def _edits(mutant: Mutant) -> Iterator[tuple[int, int, list[str]]]:
    before, after = (text.splitlines(keepends=True) for text in (mutant.before, mutant.after))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind != "equal":
            yield first, last, after[start:end]


@dataclass
class Together:
    """Judges many changes in copies of the project, in each of which a part of the tests is run.

    pytest-xdist would not do: a change may be one of what tests there are.

    :param say: told what is going on.
    :param run: runs pytest in the copy.
    """

    copies: Sequence[Path]
    say: Callable[[str], None] = print
    run: Callable[[Path, list[str], float], Ran] = ran
    flaky: set[str] = field(default_factory=set)
    """Tests that fail without a change too, or not again."""
    _cut: bool = False
    """So many failed that not all tests were run."""

    def noticed(self, mutants: Sequence[Mutant]) -> list[Mutant]:
        """Those that a test fails with, and passes without."""
        return [found for group in groups(mutants) for found in self._of_group(group)]

    def _of_group(self, group: list[Mutant]) -> list[Mutant]:
        found: list[Mutant] = []
        while left := [mutant for mutant in group if mutant not in found]:
            failing = self._failing(left, self._all())
            self.say(f"{len(failing)} tests fail with {len(left)} changes")
            cut = self._cut
            anyway = self._failing([], failing) if failing else []
            for test in anyway:
                self.say(f"fails without a change: {test}")
            self.flaky.update(anyway)
            noticed = self._told_apart(left, [test for test in failing if test not in anyway])
            found += noticed
            if not noticed or not cut:
                break
        return found

    def _told_apart(self, mutants: list[Mutant], failing: list[str]) -> list[Mutant]:
        """Those that one of the tests notices, all of which fail with all of the changes."""
        if not failing:
            return []
        if len(mutants) == 1:
            self.say(f"{failing[0]} notices {mutants[0].path} ({mutants[0].kind})")
            return mutants
        halves = mutants[: len(mutants) // 2], mutants[len(mutants) // 2 :]
        with ThreadPoolExecutor(len(self.copies)) as pool:
            telling = [
                pool.submit(self._failing_with, copy, half, failing)
                for copy, half in zip((self.copies[0], self.copies[-1]), halves, strict=True)
            ]
            told = [one.result() for one in telling]
        if len(mutants) > 3:  # of a single change only the first test that fails is known
            for test in set(failing) - set(told[0]) - set(told[1]):
                self.say(f"fails with some of the changes together only: {test}")
        return [
            found
            for half, tests in zip(halves, told, strict=True)
            for found in self._told_apart(half, tests)
        ]

    def _failing_with(self, copy: Path, mutants: list[Mutant], tests: list[str]) -> list[str]:
        """Those of the tests that fail; for a single change the first is enough."""
        with _put_in([copy], mutants):
            found = self._failing_of(copy, tests, 1 if len(mutants) == 1 else MOST_FAILING)
        names = dict.fromkeys(map(_function, found))
        return [test for test in tests if test in names]

    def _all(self) -> list[str]:
        """The files of all tests."""
        root = self.copies[0]
        names = [str(file.relative_to(root)) for file in root.joinpath("tests").rglob("test_*.py")]
        return sorted(name for name in names if name.split("/")[1] not in WITHOUT)

    def _failing(self, mutants: list[Mutant], tests: list[str]) -> list[str]:
        """Those of them that fail, the quick ones first."""
        self._cut = False
        parts = [tests[part :: len(self.copies)] for part in range(len(self.copies))]
        with _put_in(self.copies, mutants), ThreadPoolExecutor(len(self.copies)) as pool:
            told = list(pool.map(self._failing_of, self.copies, parts))
        failing = dict.fromkeys(_function(test) for part in told for test in part)
        known = [test for test in failing if test not in self.flaky]
        return sorted(known, key=lambda test: test.startswith(SLOW))

    def _failing_of(self, copy: Path, tests: list[str], most: int = MOST_FAILING) -> list[str]:
        failing: list[str] = []
        while tests and len(failing) < most:
            done = self.run(copy, [f"--maxfail={most}", *tests], WHOLE)
            failing += done.failing
            if done.stalled is None:
                if not done.is_whole:
                    self.say(f"pytest ended with {done.status}, of {len(tests)} files: {done.last}")
                break
            # A test that never ends has ended the run: on with the next file.
            failing.append(done.stalled)
            tests = _behind(tests, done.stalled)
        self._cut |= len(failing) >= MOST_FAILING
        return failing


@contextmanager
def _put_in(copies: Sequence[Path], mutants: list[Mutant]) -> Iterator[None]:
    for path, text in combined(mutants).items():
        for copy in copies:
            (copy / path).write_text(text, "utf-8")
    try:
        yield
    finally:
        for mutant in mutants:
            for copy in copies:
                (copy / mutant.path).write_text(mutant.before, "utf-8")


def _behind(tests: list[str], test: str) -> list[str]:
    """Those of the files behind the one of this test."""
    file = test.partition("::")[0]
    places = [place for place, one in enumerate(tests) if one.partition("::")[0] == file]
    return tests[places[-1] + 1 :] if places else []


def _function(test: str) -> str:
    """A test with all its parameters: of a name that pytest does not find again it runs nothing."""
    return test.partition("[")[0]
