"""The memory of a pocket lab's processes (unique set size, so that nothing counts twice)."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil


def print_memory(folder: Path) -> None:
    """Print megabytes for each process of the labs below ``folder``, and their sum."""
    total = 0.0
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "owlab.pocket.service.daemon" in words and any(str(folder) in word for word in words):
            for one in [process, *process.children(recursive=True)]:
                megabytes = one.memory_full_info().uss / 2**20
                total += megabytes
                print(f"  memory of {one.name():<12} {megabytes:6.1f} MB")
    print(f"memory of the lab's processes together: {total:.0f} MB")


if __name__ == "__main__":
    print_memory(Path(sys.argv[1] if len(sys.argv) > 1 else "/"))
