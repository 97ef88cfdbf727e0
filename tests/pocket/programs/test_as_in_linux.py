"""Programs on a machine, and those of the real Linux: output, errors and status are equal.

``corpus/`` holds what is typed, a file a subject, with ``---`` between two scripts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pocket.shell.real_bash import HARMFUL, assert_as_in_bash, needs_bash, scripts

FILES = sorted(Path(__file__).with_name("corpus").glob("*.txt"))
SCRIPTS = {
    f"{file.stem}-{number}": script for file in FILES for number, script in enumerate(scripts(file))
}


def test_no_script_would_change_the_computer_that_runs_it():
    assert [script for script in SCRIPTS.values() if HARMFUL.search(script)] == []


@needs_bash
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
async def test_as_in_linux(lab, master, script, tmp_path):
    await assert_as_in_bash(master, script, tmp_path)
