"""Taking back what a lab made: in which order, what stays, and what is said when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from owlab import Lab, places, settings, teardown
from owlab.command import Command
from owlab.errors import CommandError, DamagedFolder, LabError
from owlab.lab_folder import LabFolder
from owlab.step import Check, Evidence, Step, on_workers

from .conftest import FolderProvider, file_step


def machines(lab: Lab) -> Path:
    root = cast(FolderProvider, lab.provider).root
    root.mkdir(exist_ok=True)
    return root


def undoing(key: str, section: str, text: str = "") -> Step:
    name = key.rpartition(".")[2]

    def undo(lab: Any, machine: str) -> Any:
        if (machines(lab) / machine / name).exists():
            yield Command(text or f"rm {name}", on=machine)

    return file_step(key, section, undo=undo)


def has(lab: Lab, name: str, *on: str) -> None:
    for machine in on:
        (machines(lab) / machine).mkdir(exist_ok=True)
        (machines(lab) / machine / name).touch()


def where(lab: Lab, name: str) -> list[str]:
    return sorted(path.parent.name for path in machines(lab).glob(f"*/{name}"))


def test_a_step_is_taken_back_wherever_it_was_done(lab: Lab) -> None:
    step = undoing("k3s.join_workers", "1.4")
    has(lab, "join_workers", "worker2")
    lab.folder.add_carried_out(step.key, "worker1")
    lab.folder.add_carried_out(step.key, "worker2")
    assert teardown.undo(lab, step) is True
    assert where(lab, "join_workers") == [] and lab.folder.carried_out() == []
    assert teardown.undo(lab, step) is False
    assert teardown.undo_if_done(lab, step) is False
    has(lab, "join_workers", "worker1", "worker2", "worker3")
    assert teardown.is_done(lab, step) and teardown.undo_if_done(lab, step) is True
    assert not teardown.is_done(lab, step)


def test_a_step_that_cannot_be_taken_back_leaves_nothing(lab: Lab) -> None:
    step = file_step("k3s.join_workers", "1.4")
    lab.folder.add_carried_out(step.key, "worker1")
    assert teardown.undo(lab, step) is False
    assert lab.folder.carried_out() == []


def test_what_cannot_be_undone_is_remembered(lab: Lab) -> None:
    step = undoing("k3s.join_workers", "1.4", "echo busy >&2; false")
    has(lab, "join_workers", "worker1")
    lab.folder.add_carried_out(step.key, "worker1")
    with pytest.raises(CommandError, match="could not be undone") as failed:
        teardown.undo(lab, step)
    assert "1.4 make join_workers on worker1" in failed.value.brief
    assert "busy" in failed.value.details
    assert lab.folder.carried_out() == [(step.key, "worker1")]


def test_what_cannot_be_looked_at_is_not_done(lab: Lab) -> None:
    def lost(lab: Any, machine: str) -> Check:
        raise LabError("gone")

    step = Step("helm.install", "3", "x", lambda lab, m: iter(()), lost, on_workers)
    assert teardown.is_done(lab, step) is False
    fine = Check((Evidence("x", True),))
    assert teardown.is_done(
        lab,
        Step("helm.install", "3", "x", lambda lab, m: iter(()), lambda lab, m: fine, on_workers),
    )


def test_on_machines_of_others_only_what_was_carried_out_goes(
    lab: Lab, guide: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = undoing("k3s.join_workers", "1.4"), undoing("helm.install", "3")
    guide(first, second)
    monkeypatch.setattr(teardown, "for_lab", lambda lab, step: step)
    monkeypatch.setattr(lab.provider, "creates_machines", False, raising=False)
    has(lab, "join_workers", "worker1", "worker2")
    has(lab, "install", "worker1")
    lab.folder.add_carried_out(first.key, "worker2")
    lab.folder.add_carried_out(second.key, "worker1")
    assert teardown.down(lab) == ["3 make install", "1.4 make join_workers"]
    assert where(lab, "join_workers") == ["worker1"], "it was there before"
    assert where(lab, "install") == []
    assert not lab.directory.exists()


def test_machines_that_are_gone_are_forgotten(lab: Lab) -> None:
    (machines(lab) / "a").mkdir()
    for name in ("a", "gone", "b"):
        lab.folder.add_made(name)
    (machines(lab) / "b").mkdir()
    assert teardown.down(lab) == ["machine b", "machine a"]
    assert list(machines(lab).glob("[ab]")) == []


def test_a_machine_that_stays_stops_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    (machines(lab) / "a").mkdir()
    for name in ("a", "b"):
        lab.folder.add_made(name)
    (machines(lab) / "b").mkdir()
    fails = [Command("echo in use >&2; false")]
    real = lab.provider.delete
    monkeypatch.setattr(
        lab.provider, "delete", lambda names: fails[0] if names == ["a"] else real(names)
    )
    with pytest.raises(CommandError, match="The machine a could not be deleted") as failed:
        teardown.down(lab)
    assert "in use" in failed.value.details
    assert lab.folder.made() == ["a"] and lab.directory.exists()
    # One that is gone all the same is gone.
    fails[0] = Command("rmdir ../a; false")
    assert teardown.down(lab) == ["machine a"]


def test_a_pocket_lab_goes_as_a_whole(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.provider, "is_all_in_its_folder", True, raising=False)
    for name in ("a", "b"):
        lab.folder.add_made(name)
    assert teardown.down(lab) == ["machine b", "machine a"]
    lab.folder.make_folder()
    (lab.directory / "made.json").write_text("{")
    assert teardown.down(lab) == ["its machines"]
    assert not lab.directory.exists()


# -- what is to be removed -----------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    return tmp_path


def saved(**given: Any) -> LabFolder:
    folder = LabFolder(places.lab_directory("a"))
    folder.write_settings(settings.load({"name": "a", **given}, environment={}).flat())
    return folder


def test_a_lab_is_removed_as_it_was_saved(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWLAB_WORKERS", "7")
    saved(provider="multipass", workers=3)
    assert teardown.open_to_remove("a").config.workers == 3
    assert teardown.open_to_remove("a", {"workers": 5}).config.workers == 3


def test_settings_that_are_lost_have_to_be_said(home: Path) -> None:
    folder = saved(provider="multipass")
    folder.add_made("master")
    (folder.directory / "config.yaml").unlink()
    with pytest.raises(DamagedFolder, match="The settings of the lab 'a' are lost"):
        teardown.open_to_remove("a")
    found = teardown.open_to_remove("a", {"provider": "multipass", "workers": 4})
    assert (found.config.provider, found.config.workers, found.config.name) == ("multipass", 4, "a")
    (folder.directory / "config.yaml").write_text("- 1\n")
    with pytest.raises(DamagedFolder, match=r"config\.yaml"):
        teardown.open_to_remove("a")
    assert teardown.open_to_remove("a", {"provider": "multipass"}).config.name == "a"


def test_an_empty_folder_needs_no_settings(home: Path) -> None:
    places.lab_directory("a").mkdir(parents=True)
    assert teardown.open_to_remove("a").config.name == "a"


@pytest.mark.parametrize("text", ["- 1\n", "provider: nobody\n", None])
def test_a_pocket_lab_needs_none_either(
    home: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.setattr(teardown, "has_pocket_lab", lambda directory: True)
    places.lab_directory("a").mkdir(parents=True)
    if text:
        (places.lab_directory("a") / "config.yaml").write_text(text)
    found = teardown.open_to_remove("a")
    assert (found.config.name, found.config.provider) == ("a", "pocket")
    (places.lab_directory("a") / "config.yaml").write_text(yaml.safe_dump({"workers": 4}))
    assert teardown.open_to_remove("a").config.workers == 4
