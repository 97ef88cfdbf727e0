"""The defaults of a new lab, what is pinned, and the exported scripts, against a golden file.

``make goldens`` rewrites it: read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from owlab.cli import main

GOLDEN = Path(__file__).parent / "told" / "settings.txt"
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))
LINES = (
    "config",
    "config -p provider multipass",
    "config -p memory_profile small",
    "config -p mirror cn",
    "versions",
    "script",
    "script --provider kind",
    "script --provider k3d",
    "script -p as_written true",
    "script -p mirror cn -p workers 1",
    "labs",
)


def test_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OWLAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    shown = []
    for line in LINES:
        told = CliRunner().invoke(main, line.split(), prog_name="owlab")
        shown.append(f"$ owlab {line}\n{told.output}[{told.exit_code}]\n\n")
    text = "".join(shown).replace(str(tmp_path), "HOME")
    if REWRITE:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
