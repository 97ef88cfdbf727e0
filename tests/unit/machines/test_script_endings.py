"""An exported script never ends without a word, and never waits for ever."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from owlab import Lab, guide
from owlab.script import script
from tests.standins import MultipassStandin, SshStandin, multipass_standin, ssh_standin

CHOICES: dict[str, dict[str, Any]] = {
    "ssh": {"provider": "ssh", "ssh_hosts": ("a", "b", "c", "d")},
    "multipass": {"provider": "multipass"},
}


@pytest.fixture(params=CHOICES)
def section(request, tmp_path, monkeypatch):
    """Runs one section of the exported script, on machines that have nothing installed."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    standin: SshStandin | MultipassStandin
    if request.param == "ssh":
        standin = ssh_standin(tmp_path / "standin")
    else:
        standin = multipass_standin(tmp_path / "standin", "1.16")
        for name in ("master", "worker1", "worker2", "storage"):
            standin.add(name)
    monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{os.environ['PATH']}")
    text = script(Lab.open("script", planning=True, **CHOICES[request.param]))

    def run(number: str, instead: str = "") -> subprocess.CompletedProcess[str]:
        head, *parts = text.split("\n# ")
        starts = [part for part in parts if part.startswith(f"{number} ")]
        before = "\n# ".join([head, *parts[: parts.index(starts[0])]])
        functions = before.split("\n# 1.1 ")[0]
        body = instead or "# " + "\n# ".join(parts[parts.index(starts[0]) :])
        words = ["bash", "-c", f"{functions}\ndoing='{number}'\n{body}"]
        return subprocess.run(words, capture_output=True, text=True, timeout=60)

    return run


def test_an_image_that_cannot_be_pulled_is_the_reason(section):
    done = section("6.2")
    assert done.returncode == 1
    assert "none of these images can be pulled: wurstmeister/kafka:2.13-2.8.1" in done.stderr
    assert "k3s: not found" in done.stderr or "k3s: command not found" in done.stderr
    assert "Stopped in 6.2 write mycluster.yaml (exit status 1)." in done.stderr


def test_what_takes_too_long_is_ended_and_said(section):
    started = time.monotonic()
    done = section("5", "limit=1 on master <<'END'\nsleep 50\nEND\n")
    assert time.monotonic() - started < 20
    assert done.returncode == 124
    assert "on master: not done within 1 s" in done.stderr
    assert done.stderr.endswith("Stopped in 5 (exit status 124).\n")


def test_a_value_that_is_empty_is_the_reason(section):
    done = section("5", "A=$(on master <<'END'\ntrue\nEND\n)\ngiven A \"$A\"\n")
    assert "the value of A could not be read" in done.stderr
    assert "Stopped in 5" in done.stderr


def test_a_command_that_ends_with_4_ends(section):
    """wget does when the network is down, and Multipass 1.16 repeats it for ever."""
    done = section("4", "on master <<'END'\nexit 4\nEND\n")
    assert done.returncode in (1, 4)
    assert "Stopped in 4" in done.stderr


def test_every_wait_has_a_limit_and_says_what_it_waited_for(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    lab = Lab.open("waits", planning=True, provider="multipass")
    waits = [
        command.text
        for step in guide.STEPS
        for place in step.where(lab.config)
        for command in step.commands(lab, place)
        if "wait" in command.text or "until" in command.text
    ]
    assert len(waits) == 4
    for text in waits:
        assert "until" not in text or "-ge $limit" in text
        assert ">&2; exit 1" in text
