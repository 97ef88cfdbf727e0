"""Change single rules of owlab, one at a time, and count how many of the changes a test notices.

    python tools/mutants.py [--count 100] [--seed 1] [--room ROOM] [--seconds 240]

Each change ("mutant": another comparison, another number, an exception that is not caught ...) is
made by cosmic-ray's operators in a copy of the project, and the tests of its room are run there.
The same seed chooses the same changes of the same code. Prints each survivor as a difference to
read, and the share that was caught.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240.0
"""For the tests of a change, the nearest first: what they have not noticed by then has survived."""

TESTS = {
    "": "unit/core unit/machines golden guide/test_script.py",
    "batch": "unit/batch",
    "classroom": "unit/classroom",
    "cli": "unit/cli guide/test_outside.py",
    "incidents": "incidents",
    "machines": "unit/machines golden unit/cli",
    "notebook": "unit/notebook unit/cli guide/test_exercises.py",
    "steps": "golden guide/test_outside.py guide/test_undoing.py guide/test_what_went_wrong.py",
    "pocket": "pocket/service pocket/machines pocket/kube_api",
    "pocket/bash": "pocket/shell pocket/machines pocket/programs",
    "pocket/client": "pocket/client pocket/service guide/test_containers.py",
    "pocket/ground": "pocket/service pocket/kube_api pocket/machines",
    "pocket/kube": "pocket/controllers pocket/kube_api clients",
    "pocket/machines": "pocket/machines pocket/programs pocket/service",
    "pocket/multipass": "pocket/machines pocket/service",
    "pocket/network": "pocket/controllers pocket/programs clients",
    "pocket/openwhisk": "pocket/openwhisk pocket/wsk clients/test_openwhisk_curl.py",
    "pocket/programs": "pocket/programs pocket/wsk pocket/helm",
    "pocket/programs/helm": "pocket/helm",
    "pocket/programs/wsk": "pocket/wsk",
    "pocket/service": "pocket/service pocket/machines",
    "pocket/shell": "pocket/shell pocket/machines pocket/programs",
}
"""The tests of each room, below ``tests/``; the longest room that fits counts."""

KINDS = re.compile(
    r"core/(ReplaceComparisonOperator|ReplaceBinaryOperator_(Add|Sub|Mul|FloorDiv|Mod)|NumberReplacer"
    r"|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd|AddNot"
    r"|ReplaceUnaryOperator|ExceptionReplacer|ZeroIterationForLoop|ReplaceBreakWithContinue"
    r"|ReplaceContinueWithBreak)"
)


@dataclass(frozen=True)
class Mutant:
    """One change: where, of which kind, and the text that it makes."""

    path: Path
    kind: str
    before: str
    after: str

    @property
    def room(self) -> str:
        """The room that it is in, a key of :data:`TESTS`."""
        folder = self.path.parent.as_posix().removeprefix("owlab").lstrip("/")
        fits = [room for room in TESTS if not room or f"{folder}/".startswith(f"{room}/")]
        return max(fits, key=len)

    @property
    def tests(self) -> list[str]:
        """What should notice it."""
        return [f"tests/{name}" for name in TESTS[self.room].split()]

    def nearest_first(self, root: Path) -> list[str]:
        """The files of its tests, those first that name its module: they fail soonest."""
        module = ".".join(self.path.with_suffix("").parts)
        parent, _, stem = module.rpartition(".")

        def distance(file: Path) -> tuple[bool, bool, str]:
            text = file.read_text("utf-8")
            imports = module in text or f"from {parent} import {stem}" in text
            return not imports, stem.rstrip("s") not in file.stem, str(file)

        files = [file for name in self.tests for file in _test_files(root / name)]
        return [str(file.relative_to(root)) for file in sorted(files, key=distance)]

    def __str__(self) -> str:
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), lineterm="", n=1
        )
        return "\n".join([f"{self.path} ({self.kind})", *list(lines)[2:]])


def _test_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("test_*.py"))


def chosen(root: Path, count: int, seed: int, room: str) -> Iterator[Mutant]:
    """Changes, drawn from all modules, large ones more often."""
    choose = random.Random(seed)
    paths = sorted(path for path in (root / "owlab").rglob("*.py") if path.stat().st_size > 300)
    paths = [path for path in paths if room in path.relative_to(root / "owlab").as_posix()]
    kinds: dict[str, list[str]] = {}
    for name in sorted(plugins.operator_names()):
        if found := KINDS.match(name):
            kinds.setdefault(found[1].partition("_")[0], []).append(name)
    seen: set[tuple[Path, str]] = set()
    while len(seen) < count:
        [path] = choose.choices(paths, [path.stat().st_size for path in paths])
        kind = choose.choice(kinds[choose.choice(sorted(kinds))])
        before = path.read_text("utf-8")
        after = _mutated(before, kind, choose)
        key = (path, after)
        # Whether `zip` is strict shows only where another rule is broken already.
        same = _strict(before) == _strict(after)
        if after and after != before and key not in seen and not same:
            seen.add(key)
            yield Mutant(path.relative_to(root), kind.removeprefix("core/"), before, after)


def _strict(text: str) -> str:
    return text.replace("strict=False", "strict=True")


def _mutated(source: str, kind: str, choose: random.Random) -> str:
    """With one of the places changed at which this kind can change something; empty if none."""
    operator = plugins.get_operator(kind)()
    places = sum(
        sum(1 for _ in operator.mutation_positions(node)) for node in ast_nodes(get_ast(source))
    )
    if not places:
        return ""
    return MutationVisitor.mutate_code(source, operator, choose.randrange(places)) or ""


def judged(mutant: Mutant, copy: Path, seconds: float, broken: set[str]) -> str:
    """``caught`` when a test fails with the change and passes without it; else ``survived``.

    What its tests do not notice within the time has survived.

    :param broken: tests that fail without a change too; one that is found here is added.
    """
    target, began = copy / mutant.path, time.monotonic()
    while (left := seconds - (time.monotonic() - began)) > 0:
        words = ["-x", "--timeout=90", *(f"--deselect={test}" for test in sorted(broken))]
        target.write_text(mutant.after, "utf-8")
        try:
            status, said = _pytest(copy, [*words, *mutant.nearest_first(copy)], left)
        finally:
            target.write_text(mutant.before, "utf-8")
        if status == 0 or status is None:
            return "survived"
        failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE)
        if failed is None or _pytest(copy, [failed[1]], seconds)[0] == 0:
            return "caught"
        print(f"fails without a change: {failed[1]}", flush=True)
        broken.add(failed[1])
    return "survived"


def _pytest(copy: Path, words: list[str], seconds: float) -> tuple[int | None, str]:
    """Its exit status, None where the time was over, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *words]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGINT)
            try:
                running.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
            return None, ""
    return running.returncode, said


def main() -> int:
    """Make the changes, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", default="", help="only modules below this folder of owlab")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="for the tests of one change"
    )
    options = parser.parse_args()
    verdicts: dict[str, Counter[str]] = {}
    broken: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "owlab"
        without = shutil.ignore_patterns(".venv", ".git", "runs", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=without, symlinks=True)
        for number, mutant in enumerate(chosen(copy, options.count, options.seed, options.room), 1):
            began = time.monotonic()
            verdict = judged(mutant, copy, options.seconds, broken)
            verdicts.setdefault(mutant.room, Counter())[verdict] += 1
            took = f"{number} of {options.count}, {time.monotonic() - began:.0f} s"
            shown = f"{mutant.path} ({mutant.kind})" if verdict == "caught" else f"{mutant}\n"
            print(f"{verdict} ({took}): {shown}", flush=True)
    for room, told in sorted(verdicts.items()):
        print(f"{told['caught']:4} of {told.total():4} caught in {room or 'owlab'}")
    caught = sum(told["caught"] for told in verdicts.values())
    total = sum(told.total() for told in verdicts.values())
    print(f"{caught} of {total} caught: {100 * caught / max(total, 1):.0f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
