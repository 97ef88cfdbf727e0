"""Scripts of our own, on a machine and in the real bash: output, errors and status are equal.

``corpus.txt`` holds them, with ``---`` between two.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pocket.shell.real_bash import HARMFUL, assert_as_in_bash, needs_bash, scripts

SCRIPTS = scripts(Path(__file__).with_name("corpus.txt"))


def test_no_script_would_change_the_computer_that_runs_it():
    assert [script for script in SCRIPTS if HARMFUL.search(script)] == []


@needs_bash
@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
async def test_as_in_bash(lab, master, script, tmp_path):
    await assert_as_in_bash(master, script, tmp_path)
