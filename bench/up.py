"""What `owlab up` takes on a new pocket lab, and how much memory the lab then uses.

Prints seconds, and processor time, of the first and the second run (at most 6 s in commands and
3 s in the service are wanted for the first one), seconds of each step, and the memory (unique set
size) of the lab's processes. Measured: 0.22 s in commands and 2.9 s in the service with what
`make run` installs (3.05 s with all that the tests need), where Python counts to ten million in
0.45 s. Of that 1 s is children, kubectl (13 times) and Helm (twice) above all, 0.4 s imports,
0.3 s 98 shells. Without Python's bytecode (PYTHONDONTWRITEBYTECODE) it is 4 s.
"""

from __future__ import annotations

import os
import tempfile
import time

from cpu import measured
from memory import print_memory

from owlab import Lab


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["OWLAB_HOME"] = home
        lab = Lab.open("bench")
        try:
            for run in ("first", "second"):
                started = time.perf_counter()
                with measured(lab.directory) as spent:
                    summary = lab.up()
                print(
                    f"{run} `owlab up`: {time.perf_counter() - started:.2f} s; processor time "
                    f"{spent.commands:.2f} s in commands, {spent.service:.2f} s in the service; "
                    f"{len(summary.ran)} steps carried out"
                )
            for entry in lab.journal.entries():
                if entry["kind"] == "step-done":
                    print(f"  {entry['step']:<28} {entry['machine']:<8} {entry['seconds']:6.2f} s")
            print_memory(lab.directory)
        finally:
            lab.down()


if __name__ == "__main__":
    main()
