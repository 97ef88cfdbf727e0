"""A machine that was just launched: its files, and what its programs report of it.

``make goldens`` rewrites the file: read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from owlab.pocket.machines.machine import Spec
from owlab.pocket.service.lab import PocketLab
from tests.golden.transcripts import transcript

GOLDEN = Path(__file__).parent / "told" / "machine.txt"
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))

LINES = Path(__file__).with_name("new_machine_lines.txt")


def masked(text: str) -> str:
    for pattern, word in (
        (r"127\.\d+\.\d+\.\d+(?!\.)", "ADDRESS"),
        (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)?", "TIME"),
        (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*\d\d:\d\d\b.*", "TIME"),
        (r"x86[-_]64|aarch64|arm64", "PROCESSOR"),
        (r"Python 3\.\d+\.\d+", "Python 3"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UUID"),
    ):
        text = re.sub(pattern, word, text)
    return text


async def test_a_new_machine(tmp_path: Path) -> None:
    lab = PocketLab(tmp_path)
    machine = await lab.fleet.launch("m", Spec(2, 4 << 30, 20 << 30, ""))
    text = masked(await transcript(machine, LINES.read_text().splitlines()))
    if REWRITE:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
