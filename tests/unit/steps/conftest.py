"""A lab whose commands are answered from a table: what the steps make of answers is theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from owlab import Lab, settings
from owlab.command import Command
from owlab.config import LabConfig, MachinePlan
from owlab.machines.control import Control, on_the_laptop, on_the_master
from owlab.machines.provider import MachineInfo
from owlab.shell import Finished

Object = dict[str, Any]


class Told:
    """A provider that executes nothing: the first pattern that a command has answers it."""

    name = "pocket"
    about = "a table"
    simulated = False
    has_machines = True
    creates_machines = False
    fresh_ubuntu = True
    is_all_in_its_folder = False

    def __init__(self) -> None:
        self.answers: dict[str, Finished] = {}
        self.asked: list[Command] = []
        self.known: list[MachineInfo] = []

    def says(self, pattern: str, out: str = "", *, err: str = "", status: int = 0) -> None:
        """A command that has the pattern prints this; the last that is said counts."""
        self.answers[pattern] = Finished(status, out, err, 0)

    def has(self, what: str, *objects: Object) -> None:
        """kubectl gets a list of objects, such as ``pods -n openwhisk``."""
        self.says(rf"kubectl .*get {re.escape(what)} -o json", json.dumps({"items": objects}))

    def has_one(self, what: str, found: Object | None) -> None:
        """kubectl gets one object, or none."""
        pattern = rf"kubectl .*get {re.escape(what)} -o json"
        if found is None:
            self.answers.pop(pattern, None)
        else:
            self.says(pattern, json.dumps(found))

    def prepare(self, config: LabConfig) -> None:
        """Nothing to start."""

    def refuse_early(self, config: LabConfig) -> None:
        """Everything is possible."""

    def execute(
        self, command: Command, values: Mapping[str, str], *, on_output: Any = None
    ) -> Finished:
        self.asked.append(command)
        for pattern, answer in reversed(self.answers.items()):
            if re.search(pattern, command.text):
                return answer
        return Finished(1, "", "there is none\n", 0)

    def look_up(self, command: Command) -> Finished | None: ...

    def machines(self) -> list[MachineInfo]:
        return self.known

    def machine(self, name: str) -> MachineInfo | None:
        return next((info for info in self.known if info.name == name), None)

    def address_of(self, machine: str) -> Command:
        return Command(f"address of {machine}")

    def public_address_of(self, machine: str) -> None: ...

    def has_chosen_address(self, machine: str) -> bool:
        return False

    def control(self, config: LabConfig) -> Control:
        return on_the_master(config) if self.has_machines else on_the_laptop("")

    def pull(self, image: str, node: str) -> None: ...

    def launch(self, machine: MachinePlan) -> Command:
        return Command(f"launch {machine.name}")

    def start(self, names: Sequence[str]) -> Command:
        return Command(f"start {' '.join(names)}")

    def delete(self, names: Sequence[str]) -> Command:
        return Command(f"delete {' '.join(names)}")

    def close(self) -> None:
        """Nothing to stop."""


@pytest.fixture
def told() -> Told:
    provider = Told()
    provider.says(r"^address of", "10.0.0.9\n")
    return provider


@pytest.fixture
def make(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lab]:
    """A lab with these settings."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))

    def made(**given: Any) -> Lab:
        provider: Any = told
        return Lab(settings.load(given, environment={}), tmp_path / "labs" / "owlab", provider)

    return made


@pytest.fixture
def lab(make: Callable[..., Lab]) -> Lab:
    return make()


def thing(name: str, namespace: str = "", **more: Any) -> Object:
    """An object of the cluster; ``labels`` and the like go to its metadata."""
    known = ("labels", "deletionTimestamp", "ownerReferences", "annotations")
    metadata = {"name": name, "creationTimestamp": "2024-01-01T00:00:00Z"}
    metadata |= {"namespace": namespace} if namespace else {}
    metadata |= {field: more.pop(field) for field in known if field in more}
    return {"metadata": metadata, "spec": {}, "status": {}} | more


def true(*kinds: str) -> list[Object]:
    """Conditions that hold."""
    return [{"type": kind, "status": "True"} for kind in kinds]
