"""What programs of Ubuntu say that a test cannot run for real: lines typed, and what came.

``transcripts.txt`` holds them, with ``---`` between two: the script, ``=>``, what it printed
(errors behind it), and its status where that is not 0.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = Path(__file__).with_name("transcripts.txt").read_text("utf-8").rstrip("\n")
BLOCKS = [block.partition("\n=>\n") for block in TEXT.split("\n---\n")]
STATUS = re.compile(r"\n?\[status (\d+)\]$")


@pytest.mark.parametrize(("script", "_", "wanted"), BLOCKS, ids=range(len(BLOCKS)))
async def test_as_in_ubuntu(on, master, script, _, wanted):
    master.files.write_file("/home/ubuntu/.sudo_as_admin_successful", b"")
    typed = await on("master", script, b"")
    said = f"{typed.out}{typed.err}".rstrip("\n")
    assert (said + f"\n[status {typed.status}]" if typed.status else said) == wanted
