"""Change single rules of owlab, one at a time, and count how many of the changes a test notices.

    python tools/mutants.py [--count 100] [--seed 1] [--room ROOM]

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
LONGEST = 1800.0
"""Seconds for the tests of a room without a change; with one, three times what that took."""

TESTS = {
    "cli": "unit/cli guide/test_outside.py",
    "batch": "unit/batch",
    "notebook": "unit/notebook",
    "machines": "unit/machines golden",
    "steps": "golden guide/test_outside.py guide/test_undoing.py guide/test_what_went_wrong.py",
    "": "unit/core unit/machines golden guide/test_script.py",
    "pocket/client": "pocket/service guide/test_containers.py",
    "pocket/service": "pocket/service pocket/machines",
    "pocket/multipass": "pocket/machines pocket/service",
    "pocket/shell": "pocket/machines pocket/programs",
    "pocket/machines": "pocket/machines pocket/programs pocket/service",
    "pocket/programs": "pocket/programs",
    "pocket/programs/helm": "pocket/helm",
    "pocket/programs/wsk": "pocket/wsk",
    "pocket/kube": "pocket/controllers pocket/kube_api clients",
    "pocket/openwhisk": "pocket/openwhisk clients/test_openwhisk_curl.py",
    "pocket/ground": "pocket/service pocket/kube_api pocket/machines",
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
        if after and after != before and key not in seen:
            seen.add(key)
            yield Mutant(path.relative_to(root), kind.removeprefix("core/"), before, after)


def _mutated(source: str, kind: str, choose: random.Random) -> str:
    """With one of the places changed at which this kind can change something; empty if none."""
    operator = plugins.get_operator(kind)()
    places = sum(
        sum(1 for _ in operator.mutation_positions(node)) for node in ast_nodes(get_ast(source))
    )
    if not places:
        return ""
    return MutationVisitor.mutate_code(source, operator, choose.randrange(places)) or ""


def is_caught(
    mutant: Mutant | None, tests: tuple[str, ...], copy: Path, seconds: float = LONGEST
) -> bool:
    """Whether tests fail, or hang, in the copy with this change (or with none)."""
    target = copy / mutant.path if mutant else None
    if mutant and target:
        target.write_text(mutant.after, "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        if mutant and target:
            target.write_text(mutant.before, "utf-8")
    return done.returncode != 0


def main() -> int:
    """Make the changes, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", default="", help="only modules below this folder of owlab")
    options = parser.parse_args()
    caught: Counter[str] = Counter()
    made: Counter[str] = Counter()
    limits: dict[tuple[str, ...], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "owlab"
        without = shutil.ignore_patterns(".venv", ".git", "runs", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=without, symlinks=True)
        for number, mutant in enumerate(chosen(copy, options.count, options.seed, options.room), 1):
            tests = tuple(mutant.tests)
            if tests not in limits:
                began = time.monotonic()
                failed = is_caught(None, tests, copy)
                limits[tests] = 0 if failed else 60 + 3 * (time.monotonic() - began)
                if failed:
                    print(
                        f"these tests fail without a change, and judge none: {' '.join(tests)}",
                        flush=True,
                    )
            if not limits[tests]:
                continue
            made[mutant.room] += 1
            began = time.monotonic()
            nearest = tuple(mutant.nearest_first(copy))
            if is_caught(mutant, nearest, copy, limits[tests]):
                caught[mutant.room] += 1
                print(
                    f"caught ({number} of {options.count}, {time.monotonic() - began:.0f} s):"
                    f" {mutant.path} ({mutant.kind})",
                    flush=True,
                )
            else:
                print(f"\nsurvived ({number} of {options.count}): {mutant}", flush=True)
    for room in sorted(made):
        print(f"{caught[room]:4} of {made[room]:4} caught in {room or 'owlab'}")
    total = made.total()
    print(f"{caught.total()} of {total} caught: {100 * caught.total() / max(total, 1):.0f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
