"""What `owlab goto` and `owlab undo` take on a pocket lab on which the whole course was done.

At most 5 s are wanted for each. Seconds depend on what else the computer does: the load is printed,
and the processor time. On two processors that did nothing else: `goto 05` 1.9 s, `goto 06` 2.2 s,
`goto 07` 3.5 s (OpenWhisk is deployed, with 3.5 s of processor time; it was 6.1 s before checks
asked the lab's service), `undo` 0.9 s. Where ten others wait, `goto 07` takes 10 to 20 s.
Python's bytecode is kept, as it is for users: without it (PYTHONDONTWRITEBYTECODE) add a second.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from owlab import Lab
from owlab.pocket.client import service_process

WANTED = 5.0


def children() -> float:
    """Processor time of the commands that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def service_since_start(directory: Path) -> float:
    """Processor time of the lab's service, which is a new one after each move."""
    process = service_process.process(directory / "pocket")
    if process is None:
        return 0.0
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            spent = one.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["OWLAB_HOME"] = home
        lab = Lab.open("bench")
        try:
            lab.up()
            slowest = 0.0
            for words in (*(["goto", str(n), "--yes"] for n in range(1, 8)), ["undo"], ["undo"]):
                started = time.perf_counter()
                commands = children()
                subprocess.run(
                    [sys.executable, "-m", "owlab", *words, "--lab", "bench"],
                    check=True,
                    capture_output=True,
                )
                commands = children() - commands
                seconds = time.perf_counter() - started
                slowest = max(slowest, seconds)
                print(
                    f"owlab {' '.join(words):<14} {seconds:5.1f} s; processor time "
                    f"{commands:.1f} s in the command, {service_since_start(lab.directory):.1f} s "
                    "in the service that it started"
                )
            load = os.getloadavg()[0]
            print(
                f"slowest: {slowest:.1f} s, {WANTED:.0f} s at most are wanted; "
                f"load {load:.1f} on {os.cpu_count()} processors"
            )
        finally:
            lab.down()


if __name__ == "__main__":
    main()
