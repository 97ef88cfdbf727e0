"""A server with learners: homes with labs whose files are there, and nothing that runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from owlab import marks
from owlab.lab_folder import LabFolder

MakeLab = Callable[..., Path]


@pytest.fixture
def make_lab(tmp_path: Path) -> MakeLab:
    """Makes a lab of a learner below ``tmp_path``; returns its folder."""

    def make(learner: str, *entries: dict[str, Any], name: str = "owlab", **settings: Any) -> Path:
        directory = tmp_path / learner / "owlab" / "labs" / name
        LabFolder(directory).write_settings({"name": name, "provider": "pocket", **settings})
        timed = [
            {"time": f"2026-01-01T10:{number:02}:00.000+00:00", **entry}
            for number, entry in enumerate(entries)
        ]
        text = "".join(json.dumps(entry) + "\n" for entry in timed)
        (directory / "journal.jsonl").write_text(text, "utf-8")
        return directory

    return make


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    """The one that finds their homes."""
    return str(tmp_path / "*" / "owlab")


def done(key: str, machine: str = "master", kind: str = "step-done") -> dict[str, Any]:
    """An entry of the journal."""
    return {"kind": kind, "step": key, "machine": machine}


def carried_out(directory: Path, *units: tuple[str, str]) -> None:
    """What a lab did and did not take back."""
    for key, machine in units:
        LabFolder(directory).add_carried_out(key, machine)


def solved(directory: Path, key: str, passed: bool = True, **more: Any) -> None:
    """A look at an exercise."""
    marks.note(directory, "exercise", key, passed=passed, **more)
