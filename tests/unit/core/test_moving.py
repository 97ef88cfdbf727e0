"""A lab is put somewhere else and brought back: nothing is lost, and nothing is done unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from owlab import moving, places, teardown
from owlab.cli import main
from owlab.errors import ConfigError
from owlab.guided import GuidedLab
from owlab.lab import Lab
from owlab.lab_folder import LabFolder

Owlab = Callable[..., Result]


@pytest.fixture
def owlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Owlab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    # Steps would start machines: what is moved is what is tested here.
    monkeypatch.setattr(GuidedLab, "up", lambda lab, to="", **_: lab.folder.add_made(f"until-{to}"))
    return lambda *words: CliRunner().invoke(main, list(words))


def made(name: str = "a", machine: str = "first", **settings: Any) -> LabFolder:
    folder = LabFolder(places.lab_directory(name))
    folder.write_settings({"name": name, "provider": "pocket", "workers": 3, **settings})
    folder.add_made(machine)
    folder.add_carried_out("vms.create", "master")
    return folder


def test_nobody_is_there_to_say_yes(owlab: Owlab) -> None:
    folder = made()
    done = owlab("goto", "05", "--lab", "a")
    assert done.exit_code == 2
    assert "1 machine, and steps up to 1.2" in done.output
    assert "Repeat it with --yes." in done.output
    assert folder.made() == ["first"]
    assert moving.kept("a") == []


@pytest.mark.parametrize("command", ["reset", "down"])
def test_nothing_else_goes_unasked_either(owlab: Owlab, command: str) -> None:
    folder = made()
    done = owlab(command, "--lab", "a")
    assert done.exit_code == 2
    assert "there is no terminal on which to ask" in done.output
    assert folder.made() == ["first"]


@pytest.mark.parametrize("section", ["0", "8", "6.2", "x", "-1"])
def test_a_section_that_is_none_is_refused(owlab: Owlab, section: str) -> None:
    folder = made()
    done = owlab("goto", "--yes", "--lab", "a", "--", section)
    assert done.exit_code == 2, done.output
    assert folder.made() == ["first"]


def test_what_cannot_be_kept_is_said_before_anything_goes(owlab: Owlab) -> None:
    folder = made(provider="multipass")
    done = owlab("goto", "05", "--lab", "a", "--yes")
    assert done.exit_code == 2
    assert "cannot be kept as they are and brought back" in done.output
    assert folder.made() == ["first"]
    refused = owlab("goto", "05", "--lab", "new", "--provider", "ssh", "--yes")
    assert refused.exit_code == 2
    assert places.lab_names() == ["a"], "a refusal makes no lab"


def test_it_is_moved_with_its_settings_and_brought_back(owlab: Owlab) -> None:
    folder = made()
    (folder.directory / "mine.txt").write_text("kept")
    done = owlab("goto", "05", "--lab", "a", "--yes")
    assert done.exit_code == 0, done.output
    assert "owlab undo --lab a" in done.output
    assert folder.made() == ["until-4"]
    settings = folder.settings()
    assert settings is not None
    assert settings["workers"] == 3
    assert not (folder.directory / "mine.txt").exists()

    back = owlab("undo", "--lab", "a")
    assert back.exit_code == 0, back.output
    assert folder.made() == ["first"]
    assert (folder.directory / "mine.txt").read_text() == "kept"
    assert not (folder.directory / "kept.json").exists()

    again = owlab("undo", "--lab", "a")
    assert again.exit_code == 0, again.output
    assert folder.made() == ["until-4"], "an undo is taken back by the next one"


def test_a_lab_that_is_new_needs_no_yes_and_leaves_nothing_to_bring_back(owlab: Owlab) -> None:
    done = owlab("goto", "05", "--lab", "a")
    assert done.exit_code == 0, done.output
    assert "undo" not in done.output
    assert moving.kept("a") == []
    refused = owlab("undo", "--lab", "b")
    assert refused.exit_code == 2
    assert "nothing to bring back" in refused.output
    assert places.lab_names() == ["a"]


def test_what_was_typed_by_hand_is_in_no_record_and_kept_as_well(owlab: Owlab) -> None:
    folder = places.lab_directory("a") / "pocket"
    folder.mkdir(parents=True)
    (folder / "lab.sqlite").write_text("by hand")
    refused = owlab("goto", "05", "--lab", "a")
    assert refused.exit_code == 2
    assert "what was typed in it" in refused.output
    assert owlab("goto", "05", "--lab", "a", "--yes").exit_code == 0
    assert not folder.exists(), "the new lab begins with nothing"
    assert owlab("undo", "--lab", "a").exit_code == 0
    assert (folder / "lab.sqlite").read_text() == "by hand"


def test_the_last_three_are_kept_and_can_be_chosen(owlab: Owlab) -> None:
    folder = made()
    for section in ("2", "3", "4", "5"):
        assert owlab("goto", section, "--lab", "a", "--yes").exit_code == 0
    listed = owlab("undo", "--list", "--lab", "a").output.splitlines()
    assert [line.split("  ")[2].split(":")[0] for line in listed] == [
        f"before `owlab goto 0{section}`" for section in (5, 4, 3)
    ]
    assert owlab("undo", "4", "--lab", "a").exit_code == 2
    assert owlab("undo", "3", "--lab", "a").exit_code == 0
    assert folder.made() == ["until-1.5"]
    assert len(moving.kept("a")) == 3


def test_an_interrupted_move_is_undone(owlab: Owlab, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made()

    def interrupted(lab: Lab, to: str = "", *, new: bool = False) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GuidedLab, "up", interrupted)
    assert owlab("goto", "05", "--lab", "a", "--yes").exit_code == 130
    assert owlab("undo", "--lab", "a").exit_code == 0
    assert folder.made() == ["first"]


def test_a_lab_whose_files_are_damaged_is_kept_as_well(owlab: Owlab) -> None:
    folder = made()
    owlab("goto", "05", "--lab", "a", "--yes")
    (folder.directory / "made.json").write_text("{")
    assert owlab("undo", "--lab", "a").exit_code == 0
    assert folder.made() == ["first"]
    assert [item.about for item in moving.kept("a")] == ["files that cannot be read"]


def test_notes_that_make_no_sense_are_no_state(owlab: Owlab) -> None:
    for number, text in enumerate(("{", "[]", json.dumps({"when": "x", "why": "", "about": ""}))):
        folder = places.kept_directory("a") / str(number)
        folder.mkdir(parents=True)
        (folder / "kept.json").write_text(text)
    assert moving.kept("a") == []


def test_down_takes_what_was_kept_along(owlab: Owlab) -> None:
    made()
    owlab("goto", "05", "--lab", "a", "--yes")
    assert owlab("down", "--lab", "a", "--yes").exit_code == 0
    assert moving.kept("a") == []
    assert not places.kept_directory("a").exists()


def test_a_disk_that_does_not_move_it_loses_nothing(
    owlab: Owlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made()

    def refuse(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "rename", refuse)
    done = owlab("goto", "05", "--lab", "a", "--yes")
    assert done.exit_code == 1
    assert "Nothing of it is lost" in done.output
    assert folder.made() == ["first"]


def test_the_notebooks_words(owlab: Owlab, monkeypatch: pytest.MonkeyPatch) -> None:
    from owlab.notebook import moves

    folder = made()
    lab = GuidedLab.open("a")
    said: list[str] = []
    monkeypatch.setattr(moves, "current", lambda: lab)
    monkeypatch.setattr(moves, "_say", said.append)
    with pytest.raises(ConfigError, match="1 machine") as refused:
        moves.goto(5)
    assert refused.value.resolution.endswith("goto(5, yes=True)")
    assert folder.made() == ["first"]
    moves.goto("05", yes=True)
    assert folder.made() == ["until-4"]
    moves.undo()
    assert folder.made() == ["first"]
    assert said[0] == (
        "The lab is at the start of section 5. undo() brings back what it was before."
    )


def test_only_what_is_below_the_home_is_removed(owlab: Owlab, tmp_path: Path) -> None:
    for path in (tmp_path, places.home(), places.home() / "labs"):
        with pytest.raises(ValueError, match="not a lab's folder"):
            places.remove(path)
    made()
    teardown.down(teardown.open_to_remove("a"))
    assert places.lab_names() == []


def test_nothing_is_kept(owlab: Owlab) -> None:
    done = owlab("undo", "--list", "--lab", "a")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing is kept.\n")


def test_a_list_changes_nothing_and_what_is_brought_back_is_named(owlab: Owlab) -> None:
    folder = made()
    owlab("goto", "05", "--lab", "a", "--yes")
    (kept,) = moving.kept("a")
    listed = owlab("undo", "--list", "--lab", "a")
    at = moving.local(kept.when)
    assert (listed.stdout, listed.stderr) == (
        f"1  {at}  before `owlab goto 05`: 1 machine, and steps up to 1.2\n",
        "",
    )
    assert folder.made() == ["until-4"]
    assert owlab("undo", "--lab", "a").output == (
        f"The lab 'a' is what it was at {at}: 1 machine, and steps up to 1.2.\n"
    )


def test_a_reset_begins_again_with_the_same_settings(owlab: Owlab) -> None:
    folder = made()
    done = owlab("reset", "--lab", "a", "--yes")
    assert (done.exit_code, done.output) == (0, "The lab 'a' is new.\n")
    settings = folder.settings()
    assert settings is not None
    assert (settings["workers"], folder.made(), folder.carried_out()) == (3, [], [])
    again = owlab("reset", "--lab", "a")
    assert (again.exit_code, again.output) == (0, "The lab 'a' is new.\n"), (
        "nothing is lost: no yes"
    )


def test_a_reset_of_a_damaged_lab_asks_and_says_what_is_lost(owlab: Owlab) -> None:
    folder = made()
    (folder.directory / "pocket").mkdir()
    (folder.directory / "config.yaml").write_text("a: [")
    asked = owlab("reset", "--lab", "a")
    assert asked.exit_code == 2
    assert "The lab starts with the usual settings." in asked.output
    assert "Throw away everything in the lab 'a'?" in asked.output
    assert owlab("reset", "--lab", "a", "--yes").exit_code == 0
    settings = folder.settings()
    assert settings is not None
    assert settings["workers"] == 2


def test_real_machines_are_not_reset(owlab: Owlab) -> None:
    folder = made(provider="multipass")
    for words in ((), ("--yes",)):
        refused = owlab("reset", "--lab", "a", *words)
        assert refused.exit_code == 2
        assert "Only a pocket lab can be reset. Nothing was changed." in refused.output
        assert "Throw away" not in refused.output
    assert folder.made() == ["first"]


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("reset", "Throw away everything in the lab 'a'?"),
        ("down", "Remove for good: the lab 'a', with everything in it?"),
    ],
)
def test_what_was_typed_by_hand_does_not_go_unasked(
    owlab: Owlab, command: str, question: str
) -> None:
    file = places.lab_directory("a") / "pocket" / "lab.sqlite"
    file.parent.mkdir(parents=True)
    file.write_text("by hand")
    refused = owlab(command, "--lab", "a")
    assert refused.exit_code == 2
    assert question in refused.output
    assert file.exists()
    assert owlab(command, "--lab", "a", "--yes").exit_code == 0
    assert not file.exists()


@pytest.mark.parametrize(
    ("provider", "question"),
    [
        ("pocket", "Remove for good: the lab 'a', with everything in it?"),
        ("multipass", "error: The file made.json of the lab 'a' cannot be read."),
    ],
)
def test_what_a_damaged_lab_made_is_not_guessed(owlab: Owlab, provider: str, question: str) -> None:
    folder = made(provider=provider)
    (folder.directory / "made.json").write_text("{")
    refused = owlab("down", "--lab", "a")
    assert question in refused.output
    assert folder.directory.exists()
