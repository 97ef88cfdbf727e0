"""Change single rules of owlab, one at a time, and count how many of the changes a test notices.

    python -m tools.mutation [--count 100] [--seed 1] [--room ROOM] [--seconds 120] [--jobs 2]

Each change ("mutant": another comparison, another number, an exception that is not caught ...) is
made by cosmic-ray's operators in a copy of the project, and the tests that run the changed line
are run there. Which these are is taken down by coverage.py first, anew when a module or a test has
changed. The same seed chooses the same changes of the same code. Prints each survivor as a
difference to read, and the share that was caught.
"""

from __future__ import annotations

import argparse
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
from tools.mutation.traces import Traces, outdated, take_down

ROOT = Path(__file__).resolve().parents[2]
TRACES = ROOT / ".mutants" / "traces"
SECONDS = 120.0
"""For the tests of a change: what they have not noticed by then has survived."""


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
    options = parser.parse_args()
    if outdated(ROOT, TRACES):
        print("Which tests run which lines? All of them run once, traced ...", flush=True)
        take_down(ROOT, TRACES)
    judge = Judge(Traces(ROOT, TRACES), options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        copies = _copies(Path(folder), options.jobs)
        mutants = chosen(ROOT, options.count, options.seed, options.room)
        verdicts = _all_judged(list(mutants), judge, copies)
    for name, told in sorted(verdicts.items()):
        print(f"{told['caught']:4} of {told.total():4} caught in {name or 'owlab'}")
    caught = sum(told["caught"] for told in verdicts.values())
    total = sum(told.total() for told in verdicts.values())
    print(f"{caught} of {total} caught: {100 * caught / max(total, 1):.0f} %")
    return 0


def _copies(folder: Path, count: int) -> queue.Queue[Path]:
    copies: queue.Queue[Path] = queue.Queue()
    without = shutil.ignore_patterns(".venv", ".git", ".mutants", "runs", "__pycache__", ".*_cache")
    for number in range(count):
        copy = folder / str(number) / "owlab"
        shutil.copytree(ROOT, copy, ignore=without, symlinks=True)
        copies.put(copy)
    return copies


def _all_judged(
    mutants: list[Mutant], judge: Judge, copies: queue.Queue[Path]
) -> dict[str, Counter[str]]:
    def one(mutant: Mutant) -> tuple[str, float]:
        copy, began = copies.get(), time.monotonic()
        try:
            return judge.judged(mutant, copy), time.monotonic() - began
        finally:
            copies.put(copy)

    verdicts: dict[str, Counter[str]] = {}
    with ThreadPoolExecutor(copies.qsize()) as pool:
        judging = {pool.submit(one, mutant): mutant for mutant in mutants}
        for number, done in enumerate(as_completed(judging), 1):
            mutant, (verdict, took) = judging[done], done.result()
            verdicts.setdefault(room(mutant.path), Counter())[verdict] += 1
            shown = f"{mutant.path} ({mutant.kind})" if verdict == "caught" else f"{mutant}\n"
            print(f"{verdict} ({number} of {len(mutants)}, {took:.0f} s): {shown}", flush=True)
    return verdicts


if __name__ == "__main__":
    sys.exit(main())
