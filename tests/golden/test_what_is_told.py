"""What the programs, the services and the command line tell of themselves, against golden files.

Defaults, limits, options and words are facts that many tests use and few look at. ``make goldens``
rewrites the files: read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from owlab.cli import COMMANDS, main
from owlab.incidents import INCIDENTS
from owlab.pocket.ground import internet
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.state import InstalledSnap
from owlab.pocket.multipass.command import COMMANDS as MULTIPASS
from owlab.pocket.openwhisk.operations import description
from owlab.pocket.programs.base import load_programs
from owlab.pocket.programs.helm.commands import COMMANDS as HELM
from owlab.pocket.programs.wsk.helptext import ALONE, VERBS
from owlab.pocket.service.lab import PocketLab
from tests.golden.transcripts import transcript
from tests.pocket.machines.conftest import Driver

TOLD = Path(__file__).parent / "told"
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))
WITHOUT_HELP = {"k3s-pocket-killall", "k3s-pocket-uninstall"}


def compare(name: str, text: str) -> None:
    path = TOLD / f"{name}.txt"
    if REWRITE:
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine("master", "127.9.8.7", PocketLab(tmp_path))
    made.state.snaps = {"helm": InstalledSnap()}
    made.write("/usr/local/bin/wsk", internet.WSK_BINARY, mode=0o755)
    made.mkdir("/home/ubuntu")
    made.own("/home/ubuntu", "ubuntu")
    return made


async def test_helm(machine: Machine) -> None:
    compare("helm", await transcript(machine, [f"helm {path} --help" for path in sorted(HELM)]))


async def test_wsk(machine: Machine) -> None:
    verbs = [f"{group} {verb}" for group, verbs in VERBS.items() for verb in verbs]
    words = ["", *ALONE, *sorted(VERBS), *sorted(verbs)]
    compare("wsk", await transcript(machine, [f"wsk {path} --help" for path in words]))


async def test_programs_of_a_machine(machine: Machine) -> None:
    names = [n for n in sorted(load_programs()) if not n.startswith("__") and n not in WITHOUT_HELP]
    lines = [f"{name} --help" for name in names if name not in ("helm", "wsk")]
    compare("programs", await transcript(machine, lines))


async def test_multipass(tmp_path: Path) -> None:
    shown = []
    mp = Driver(PocketLab(tmp_path), tmp_path)
    for words in ([], *([verb] for verb in MULTIPASS)):
        told = await mp("help", *words)
        shown.append(f"$ multipass help {' '.join(words)}\n{told.out}{told.err}\n")
    compare("multipass", "".join(shown))


def test_owlab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    monkeypatch.delenv("OWLAB_LAB", raising=False)
    shown = []
    for words in ([], *([name] for name in sorted(COMMANDS))):
        told = CliRunner().invoke(main, [*words, "--help"], terminal_width=100, prog_name="owlab")
        shown.append(f"$ owlab {' '.join([*words, '--help'])}\n{told.output}\n")
    compare("owlab", "".join(shown))


def test_openwhisks_description() -> None:
    compare("openwhisk", json.dumps(description(), indent=1) + "\n")


def test_incidents() -> None:
    """All that a reader sees of them; what they type is in ``incidents.txt``."""
    shown = []
    for name, incident in INCIDENTS.items():
        hints = "\n\n".join(incident.hints)
        told = (incident.story, hints, incident.why)
        rows = [f"== {name}, level {incident.level}, {incident.minutes} minutes", *told]
        shown.append("\n\n".join(rows) + "\n\n")
    compare("incidents", "".join(shown))
