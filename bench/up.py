"""How long `owlab up` takes on a new pocket lab, and how much memory the lab then uses.

Prints seconds for the first and the second run, seconds of each step, and the memory (unique set
size) of the lab's processes.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import psutil

from owlab import Lab


def memory_of_the_lab(directory: Path) -> dict[str, float]:
    """Megabytes of each process of the lab, children included; keys are ``pid name``."""
    found: dict[str, float] = {}
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "owlab.pocket.daemon" in words and any(str(directory) in word for word in words):
            for one in [process, *process.children(recursive=True)]:
                found[f"{one.pid} {one.name()}"] = one.memory_full_info().uss / 2**20
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["OWLAB_HOME"] = home
        lab = Lab.open("bench")
        try:
            for run in ("first", "second"):
                started = time.perf_counter()
                summary = lab.up()
                print(
                    f"{run} `owlab up`: {time.perf_counter() - started:.2f} s, "
                    f"{len(summary.ran)} steps carried out"
                )
            for entry in lab.journal.entries():
                if entry["kind"] == "step-done":
                    print(f"  {entry['step']:<28} {entry['machine']:<8} {entry['seconds']:6.2f} s")
            memory = memory_of_the_lab(lab.directory)
            for name, megabytes in memory.items():
                print(f"  memory {name:<24} {megabytes:6.1f} MB")
            print(f"memory of the lab after the course's steps: {sum(memory.values()):.0f} MB")
        finally:
            lab.down()


if __name__ == "__main__":
    main()
