"""Change single rules of owlab, one at a time, and count how many of the changes a test notices.

    python -m tools.mutation [--count 100] [--seed 1] [--room ROOM] [--seconds 40] [--jobs 2]
                             [--near]

Each change ("mutant": another comparison, another number, an exception that is not caught ...) is
made by cosmic-ray's operators in a copy of the project, and the tests that run the changed line
are run there. Which these are is taken down by coverage.py first, anew when a module or a test has
changed. The same seed chooses the same changes of the same code. Prints each survivor as a
difference to read, and the share that was caught.

What the near tests have not noticed within the time is then put in together, and all tests are
run once (half an hour); without ``--near`` the share is of that.
"""

from __future__ import annotations

import argparse
import compileall
import py_compile
import queue
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tools.mutation.changes import Mutant, chosen
from tools.mutation.judging import Judge
from tools.mutation.rooms import room
from tools.mutation.together import Together
from tools.mutation.traces import Traces, outdated, take_down

ROOT = Path(__file__).resolve().parents[2]
TRACES = ROOT / ".mutants" / "traces"
SECONDS = 40.0
"""For the near tests of a change: what they have not noticed by then is left to all tests."""


def main() -> int:
    """Make the changes, and tell."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutation", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", default="", help="only modules below this folder of owlab")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="for the tests of one change"
    )
    parser.add_argument("--jobs", type=int, default=2, help="changes judged side by side")
    parser.add_argument("--near", action="store_true", help="leave it at the near tests")
    options = parser.parse_args()
    if outdated(ROOT, TRACES):
        print("Which tests run which lines? All of them run once, traced ...", flush=True)
        take_down(ROOT, TRACES)
    traces = Traces(ROOT, TRACES)
    with tempfile.TemporaryDirectory() as folder:
        copies = _copies(Path(folder), options.jobs)
        mutants = list(chosen(ROOT, options.count, options.seed, options.room))
        left = _left(mutants, Judge(traces, options.seconds), copies)
        if left and not options.near:
            print(f"{len(left)} are put in together, and all tests are run ...", flush=True)
            all_copies = [copies.get() for _ in range(options.jobs)]
            noticed = Together(all_copies, say=_say).noticed(left)
            left = [mutant for mutant in left if mutant not in noticed]
    for mutant in left:
        print(f"\nsurvived: {mutant}")
    _tell_share(mutants, left)
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _tell_share(mutants: list[Mutant], left: list[Mutant]) -> None:
    total = Counter(room(mutant.path) for mutant in mutants)
    survived = Counter(room(mutant.path) for mutant in left)
    for name, count in sorted(total.items()):
        print(f"{count - survived[name]:4} of {count:4} caught in {name or 'owlab'}")
    caught = len(mutants) - len(left)
    print(f"{caught} of {len(mutants)} caught: {100 * caught / max(len(mutants), 1):.0f} %")


def _copies(folder: Path, count: int) -> queue.Queue[Path]:
    copies: queue.Queue[Path] = queue.Queue()
    without = shutil.ignore_patterns(".venv", ".git", ".mutants", "runs", "__pycache__", ".*_cache")
    for number in range(count):
        copy = folder / str(number) / "owlab"
        shutil.copytree(ROOT, copy, ignore=without, symlinks=True)
        # By the text: a change and its undoing may both be of the same second and size.
        by_text = py_compile.PycInvalidationMode.CHECKED_HASH
        for name in ("owlab", "tests"):
            compileall.compile_dir(copy / name, quiet=2, invalidation_mode=by_text)
        copies.put(copy)
    return copies


def _left(mutants: list[Mutant], judge: Judge, copies: queue.Queue[Path]) -> list[Mutant]:
    """What the near tests do not notice."""

    def one(mutant: Mutant) -> tuple[str, float]:
        copy, began = copies.get(), time.monotonic()
        try:
            return judge.judged(mutant, copy), time.monotonic() - began
        finally:
            copies.put(copy)

    left: list[Mutant] = []
    with ThreadPoolExecutor(copies.qsize()) as pool:
        judging = {pool.submit(one, mutant): mutant for mutant in mutants}
        for number, done in enumerate(as_completed(judging), 1):
            mutant, (verdict, took) = judging[done], done.result()
            if verdict != "caught":
                left.append(mutant)
            shown = f"{mutant.path} ({mutant.kind})" if verdict == "caught" else f"{mutant}\n"
            print(f"{verdict} ({number} of {len(mutants)}, {took:.0f} s): {shown}", flush=True)
    return left


if __name__ == "__main__":
    sys.exit(main())
