"""A lab whose machines are plain bash on this computer, in a folder of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from owlab import Lab, settings
from owlab.command import Command
from owlab.config import LabConfig, MachinePlan
from owlab.machines.control import Control, on_the_master
from owlab.machines.provider import MachineInfo
from owlab.shell import Finished, Shell


class PlainBash:
    """A provider that runs every command here, and knows the machines that it is told of."""

    name = "pocket"
    about = "folders"
    simulated = False
    has_machines = True
    creates_machines = True
    fresh_ubuntu = True
    is_all_in_its_folder = False

    def __init__(self) -> None:
        self.known: list[MachineInfo] = []

    def prepare(self, config: LabConfig) -> None:
        """Nothing to start."""

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        given = [f"{name}={value}" for name, value in {"ON": command.on, **values}.items()]
        return ["env", *given, "bash", "-c", command.text]

    def execute(
        self, command: Command, values: Mapping[str, str], *, on_output: Any = None
    ) -> Finished:
        argv = self.argv(command, values)
        return Shell().run(argv, timeout=command.timeout, on_output=on_output)

    def look_up(self, command: Command) -> Finished | None: ...

    def machines(self) -> list[MachineInfo]:
        return self.known

    def machine(self, name: str) -> MachineInfo | None:
        return next((info for info in self.machines() if info.name == name), None)

    def address_of(self, machine: str) -> Command:
        return Command("echo 127.0.0.9")

    def public_address_of(self, machine: str) -> None: ...

    def has_chosen_address(self, machine: str) -> bool:
        return False

    def control(self, config: LabConfig) -> Control:
        return on_the_master(config)

    def pull(self, image: str, node: str) -> None: ...

    def launch(self, machine: MachinePlan) -> Command:
        return Command("true")

    def start(self, names: Sequence[str]) -> Command:
        return Command("true")

    def delete(self, names: Sequence[str]) -> Command:
        return Command("true")

    def close(self) -> None:
        """Nothing to stop."""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    provider: Any = PlainBash()
    return Lab(settings.load({}, environment={}), tmp_path / "labs" / "owlab", provider)


class Shown:
    """What a notebook would have shown."""

    def __init__(self) -> None:
        self.bundles: list[dict[str, Any]] = []

    @property
    def plain(self) -> str:
        return "\n".join(str(bundle["text/plain"]) for bundle in self.bundles)

    @property
    def html(self) -> str:
        return "\n".join(str(bundle.get("text/html", "")) for bundle in self.bundles)

    def record(self, kind: str) -> list[Any]:
        return [bundle[kind] for bundle in self.bundles if kind in bundle]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    seen = Shown()

    def display(bundle: dict[str, Any], raw: bool = False, **_: Any) -> None:
        seen.bundles.append(bundle)

    monkeypatch.setattr("IPython.display.display", display)
    return seen


class Handle:
    """Stands for IPython's display handle; keeps the last update."""

    made: list[Handle]

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}
        Handle.made.append(self)

    def display(self, bundle: dict[str, Any], raw: bool) -> None:
        self.last = bundle

    update = display


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    Handle.made = []
    monkeypatch.setattr("IPython.display.DisplayHandle", Handle)
    return Handle.made
