"""A lab whose machines are folders: its commands run in the real bash of this computer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from owlab import Lab, guided, settings, teardown
from owlab.command import Command
from owlab.config import LabConfig, MachinePlan
from owlab.diagnostic import Diagnostic
from owlab.lab import Lab as AnyLab
from owlab.machines.control import Control, on_the_master
from owlab.machines.provider import MachineInfo
from owlab.shell import Finished, Shell
from owlab.step import Check, Evidence, Step, on_workers


class FolderProvider:
    """Each machine is a folder; a command runs in it."""

    name = "folders"
    about = "folders"
    simulated = False
    has_machines = True
    creates_machines = True
    fresh_ubuntu = True
    is_all_in_its_folder = False

    def __init__(self, root: Path, shell: Shell) -> None:
        self.root = root
        self.shell = shell

    def prepare(self, config: LabConfig) -> None:
        self.root.mkdir(exist_ok=True)

    def refuse_early(self, config: LabConfig) -> None: ...

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        return []

    def control(self, config: LabConfig) -> Control:
        return on_the_master(config)

    def pull(self, image: str, node: str) -> None: ...

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        place = self.root / command.on
        place.mkdir(exist_ok=True)
        given = [f"{name}={value}" for name, value in values.items()]
        return ["env", "-C", str(place), *given, "bash", "-c", command.text]

    def execute(self, command: Command, values: Mapping[str, str], *, on_output=None) -> Finished:
        argv = self.argv(command, values)
        return self.shell.run(argv, timeout=command.timeout, on_output=on_output)

    def look_up(self, command: Command) -> Finished | None: ...

    def machines(self) -> list[MachineInfo]:
        return [
            MachineInfo(path.name, "Running", "127.0.0.1")
            for path in self.root.iterdir()
            if path.name != "host"
        ]

    def machine(self, name: str) -> MachineInfo | None:
        return next((info for info in self.machines() if info.name == name), None)

    def address_of(self, machine: str) -> Command:
        return Command("echo 127.0.0.1")

    def public_address_of(self, machine: str) -> None: ...

    def has_chosen_address(self, machine: str) -> bool:
        return False

    def launch(self, machine: MachinePlan) -> Command:
        return Command(f"mkdir ../{machine.name}")

    def start(self, names: Sequence[str]) -> Command:
        return Command("true")

    def manage(self, verb: str, names: Sequence[str]) -> Command:
        return Command(f"multipass {verb} {' '.join(names)}")

    def delete(self, names: Sequence[str]) -> Command:
        return Command(f"cd .. && rm -r {' '.join(names)}")

    def attach(self, machine: str, text: str | None) -> int:
        return 0

    def terminal(self, machine: str) -> int:
        return 0

    def script_functions(self) -> list[str]:
        return []

    def close(self) -> None: ...


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    config = settings.load({"workers": 3}, environment={})
    directory = tmp_path / "home" / "labs" / "owlab"
    return Lab(config, directory, FolderProvider(tmp_path / "machines", Shell()))


def file_step(key: str, section: str, text: str = "", needs=(), where=on_workers, **more) -> Step:
    """A step that is done when a file of its name is there."""
    name = key.rpartition(".")[2]

    def check(lab: AnyLab, machine: str) -> Check:
        there = (cast(FolderProvider, lab.provider).root / machine / name).exists()
        return Check((Evidence(f"{name} on {machine}", there, "there" if there else "missing"),))

    def commands(lab: AnyLab, machine: str) -> Iterator[Command]:
        yield Command(text or f"touch {name}", on=machine, timeout=20)

    return Step(key, section, f"make {name}", commands, check, where, needs=needs, **more)


@pytest.fixture
def guide(monkeypatch: pytest.MonkeyPatch):
    """Replace the guide's steps by others."""

    def use(*steps: Step) -> None:
        monkeypatch.setattr(guided, "ordered", lambda to="": list(steps))
        monkeypatch.setattr(teardown, "STEPS", steps)

    return use
