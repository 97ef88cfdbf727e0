"""What `kubectl diff` runs as `diff`: two directories, file by file, as unified differences.

Standard library only: it runs by its path, outside of this package.
"""

from __future__ import annotations

import difflib
import sys
import time
from pathlib import Path


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines(keepends=True) if file.is_file() else []


def _date(file: Path) -> str:
    moment = file.stat().st_mtime if file.is_file() else 0.0
    nanos = int(moment % 1 * 10**9)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment)) + f".{nanos:09d} +0000"


def main(words: list[str]) -> int:
    """Print the differences of the last two words; 1 where there are some, as diff has it."""
    old, new = Path(words[-2]), Path(words[-1])
    differ = False
    for name in sorted({file.name for folder in (old, new) for file in folder.iterdir()}):
        before, after = old / name, new / name
        if _lines(before) == _lines(after):
            continue
        differ = True
        print(" ".join(["diff", *words[:-2], str(before), str(after)]))
        dates = _date(before), _date(after)
        files = str(before), str(after)
        sys.stdout.writelines(difflib.unified_diff(_lines(before), _lines(after), *files, *dates))
    return int(differ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
