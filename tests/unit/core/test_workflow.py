"""The scheduled workflow: its scripts are sound, and it runs what exists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILE = ROOT / ".github" / "workflows" / "real-machines.yml"
JOBS = yaml.safe_load(FILE.read_text("utf-8"))["jobs"]
SCRIPTS = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("script", SCRIPTS)
def test_its_scripts_are_sound(script):
    words = [str(Path(sys.executable).with_name("shellcheck")), "--shell=bash", "-"]
    done = subprocess.run(words, input=script, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_every_job_ends_and_says_what_it_is():
    for job in JOBS.values():
        assert job["timeout-minutes"] <= 60
        assert job["name"] and job["runs-on"].startswith("ubuntu-")


def test_it_calls_targets_and_commands_that_exist():
    from owlab.cli import COMMANDS

    text = "\n".join(SCRIPTS)
    targets = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines()}
    called = [words.split()[0] for words in text.split("make ")[1:]]
    assert called and set(called) <= targets
    commands = [words.split()[0] for words in text.split("owlab ")[1:]]
    assert set(commands) <= COMMANDS.keys()


def test_it_is_marked_as_not_yet_run():
    assert "Not yet run" in FILE.read_text("utf-8")
