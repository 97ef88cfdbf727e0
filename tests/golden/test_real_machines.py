"""The whole deployment through Multipass and through ssh: what is typed, against golden files.

The programs ``multipass`` and ``ssh`` are stand-ins; inside their machines is a pocket lab. The
exported script has the same commands. ``make goldens`` rewrites the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from owlab import Lab, guide
from owlab.machines.pocket import PocketProvider
from owlab.script import script
from owlab.shell import Shell
from tests.standins import multipass_standin, ssh_standin

HERE = Path(__file__).parent
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))
NAMES = ("master", "worker1", "worker2", "storage")
FOREIGN = ("ip-172-31-5-10", "Lab-B", "localhost", "nas")
"""What machines that exist call themselves."""


@pytest.fixture
def guest(tmp_path, monkeypatch) -> Iterator[Path]:
    """A program that speaks Multipass' language, with machines behind it."""
    monkeypatch.delenv("OWLAB_REWRITE_GOLDENS", raising=False)  # it would be a setting
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    pocket = PocketProvider(tmp_path / "pocket")
    pocket.prepare(Lab.open("unused", planning=True).config)
    yield Path(pocket.binary)
    pocket.close()


def first_on_path(monkeypatch: pytest.MonkeyPatch, program: Path) -> None:
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def transcript(lab: Lab) -> str:
    """What was typed, step by step and machine by machine: parallel work has no order of its own.

    How often a pause was needed is no part of it.
    """
    typed: dict[tuple[str, str], list[str]] = {}
    for entry in lab.journal.entries():
        if entry["kind"] == "command-ended":
            typed.setdefault((entry["step"], entry["machine"]), []).append(entry["command"])
    lines = []
    for step in guide.ordered():
        for (key, machine), commands in sorted(typed.items()):
            if key == step.key:
                # Commands for several machines, typed on one: side by side, so in any order.
                if machine not in step.where(lab.config) or key == "openwhisk.label_nodes":
                    commands = sorted(commands)
                lines += [f"== {step.section} {step.title}, on {machine}", *commands, ""]
    return "\n".join(lines)


def compare(name: str, text: str) -> None:
    path = HERE / f"{name}.txt"
    if REWRITE:
        path.write_text(text)
    assert text == path.read_text()


def check(lab: Lab, **given: Any) -> None:
    """Deploy everything; compare with the golden file and with the exported script."""
    assert lab.up().ran
    compare(f"deployment-{lab.provider.name}", transcript(lab))
    exported = script(Lab.open("exported", planning=True, **given))
    for entry in lab.journal.entries():
        if entry["kind"] == "command-ended" and "***" not in entry["command"]:
            assert entry["command"] in exported, entry["step"]
    assert not lab.up().changed


@pytest.mark.parametrize("era", ["1.16", "1.17"])
def test_multipass(guest, tmp_path, monkeypatch, era):
    standin = multipass_standin(tmp_path / "standin", era, guest=guest)
    first_on_path(monkeypatch, standin.binary)
    given: dict[str, Any] = {"provider": "multipass"}
    lab = Lab.open("golden", **given)
    check(lab, **given)
    launched = [call for call in standin.calls if call[0] == "launch"]
    assert sorted(call[3] for call in launched) == sorted(NAMES)
    assert not [call for call in standin.calls if call[0] == "purge" or "--all" in call]
    lab.down()
    assert standin.state["machines"] == {}


def test_ssh(guest, tmp_path, monkeypatch):
    for name in FOREIGN:
        Shell().run([str(guest), "launch", "24.04", "--name", name, "--memory", "6G"], timeout=60)
        # Systemd says by this folder that it runs, and a kernel by this file what it mounts; a
        # simulated machine has neither.
        there = "mkdir -p /run/systemd/system; echo nfs nfsd > /proc/filesystems"
        words = ["exec", "-n", name, "--", "sudo", "bash", "-c", there]
        Shell().run([str(guest), *words], timeout=60)
    standin = ssh_standin(tmp_path / "standin", guest=guest)
    first_on_path(monkeypatch, standin.binary)
    given: dict[str, Any] = {"provider": "ssh", "ssh_hosts": FOREIGN}
    check(Lab.open("golden", **given), **given)
