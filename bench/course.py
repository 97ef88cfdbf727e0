"""How long `owlab run` takes on a new pocket lab, and the memory that the lab uses afterwards.

Prints seconds for each notebook and for all, and the memory of the lab's processes. On two
processors that did nothing else: 19 s for the notebooks 00 to 07 (40 at most are wanted).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from memory import print_memory


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OWLAB_HOME": f"{folder}/home"}
        owlab = [sys.executable, "-m", "owlab"]
        started = time.perf_counter()
        run = subprocess.run(
            [*owlab, "run", "--out", f"{folder}/runs"], env=environment, capture_output=True
        )
        seconds = time.perf_counter() - started
        try:
            if run.returncode != 0:
                sys.exit(run.stdout.decode() + run.stderr.decode())
            [summary] = Path(folder, "runs").glob("*/summary.json")
            for notebook in json.loads(summary.read_text())["notebooks"]:
                print(f"  {notebook['name']:<26} {notebook['seconds']:6.1f} s in cells")
            print(f"`owlab run`, notebooks 00 to 07: {seconds:.1f} s")
            print_memory(Path(folder, "home"))
        finally:
            subprocess.run([*owlab, "down", "--yes"], env=environment, capture_output=True)


if __name__ == "__main__":
    main()
