"""What `owlab up` takes on a new pocket lab, and how much memory the lab then uses.

Prints seconds, and processor time, of the first and the second run (at most 6 s in commands and
3 s in the service are wanted for the first one), seconds of each step, and the memory (unique set
size) of the lab's processes. Measured where others compute: 0.2 s in commands; 3.7 to 4.1 s in the
service (it was 4.3 s in the same hour when kubectl and Helm's engine collected garbage), of which
1 s is kubectl (13 times) and Helm (3 times), 0.4 s 116 shells, 0.3 s imports. It was 5.6 s when
checks started kubectl (41 times in all), and each sudo and each address a shell (172).
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
