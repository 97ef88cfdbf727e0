"""What is kept on disk: a lab's folder, its journal, its folder; and what a damaged one says."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from owlab import durable, marks, places
from owlab.command import Command, Variable
from owlab.errors import ConfigError, DamagedFolder, LabError
from owlab.events import Event
from owlab.journal import Journal, variables_of
from owlab.lab_folder import LabFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> LabFolder:
    return LabFolder(tmp_path / "labs" / "mine")


# -- the folder ----------------------------------------------------------------------------


def test_a_new_lab_remembers_nothing(folder: LabFolder) -> None:
    assert (folder.settings(), folder.made(), folder.carried_out()) == (None, [], [])
    assert not folder.is_built and not folder.directory.exists()


def test_machines_are_remembered_in_their_order(folder: LabFolder) -> None:
    for name in ("a", "b", "a"):
        folder.add_made(name)
    assert folder.made() == ["b", "a"] and folder.is_built
    folder.remove_made("b")
    folder.remove_made("never")
    assert folder.made() == ["a"]
    folder.remove_made("a")
    assert not folder.is_built


def test_steps_are_remembered_once(folder: LabFolder) -> None:
    for unit in (("s", "a"), ("s", "b"), ("s", "a")):
        folder.add_carried_out(*unit)
    assert folder.carried_out() == [("s", "a"), ("s", "b")] and folder.is_built
    folder.remove_carried_out("s", "a")
    folder.remove_carried_out("t", "b")
    assert folder.carried_out() == [("s", "b")]


def test_all_of_it_is_its_owners_alone(folder: LabFolder) -> None:
    folder.directory.mkdir(parents=True, mode=0o755)
    folder.directory.chmod(0o755)
    folder.write_settings({"workers": 3})
    folder.add_made("a")
    assert mode(folder.directory) == 0o700
    assert {mode(path) for path in folder.directory.iterdir()} == {0o600}
    assert folder.settings() == {"workers": 3}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yaml", "- 1\n"),
        ("config.yaml", "a: [\n"),
        ("made.json", "{}"),
        ("made.json", "["),
        ("made.json", "[1]"),
        ("made.json", "[" * 100_000),
        ("steps.json", "5"),
        ("steps.json", "[1]"),
        ("steps.json", '[["a"]]'),
    ],
)
def test_a_damaged_file_is_named(folder: LabFolder, name: str, text: str) -> None:
    folder.make_folder()
    (folder.directory / name).write_text(text)
    with pytest.raises(DamagedFolder) as damaged:
        assert folder.settings() is None
        assert folder.is_built is None
    assert damaged.value.brief == f"The file {name} of the lab 'mine' cannot be read."
    assert damaged.value.details.startswith(f"{folder.directory / name}: ")


def test_bytes_that_are_no_text_are_damage(folder: LabFolder) -> None:
    folder.make_folder()
    (folder.directory / "config.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedFolder):
        folder.settings()


def test_one_process_at_a_time(folder: LabFolder) -> None:
    with folder.busy():
        other = LabFolder(folder.directory)
        other.add_made("a")  # what is only noted waits for nobody
        with pytest.raises(LabError, match="working on the lab 'mine'") as refused, other.busy():
            pass
        assert refused.value.details == f"process {os.getpid()}"
    with folder.busy():
        pass


def test_who_is_gone_holds_nothing_up(folder: LabFolder) -> None:
    code = "import sys; from pathlib import Path; from owlab.lab_folder import LabFolder\n"
    code += "with LabFolder(Path(sys.argv[1])).busy(): print('in'); sys.stdout.flush(); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, folder.directory], stdin=-1, stdout=-1, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "in\n"
    with pytest.raises(LabError) as refused, folder.busy():
        pass
    assert refused.value.details == f"process {holder.pid}"
    holder.kill()
    holder.communicate()
    with folder.busy():
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot be made"):
        LabFolder(tmp_path / "file" / "mine").make_folder()


# -- files that are whole ------------------------------------------------------------------


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    durable.write(path, "one", 0o640)
    assert (path.read_text(), mode(path)) == ("one", 0o640 & ~_umask())
    durable.write(path, "zwölf", 0o600)
    assert (path.read_text("utf-8"), mode(path)) == ("zwölf", 0o600)
    durable.write(path, "open")
    assert mode(path) == 0o666 & ~_umask()
    assert [file.name for file in tmp_path.iterdir()] == ["f"]


def test_what_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    durable.write(path, "one")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("owlab.durable.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        durable.write(path, "two")
    assert path.read_text() == "one" and len(list(tmp_path.iterdir())) == 1


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# -- the journal ---------------------------------------------------------------------------


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "lab" / "journal.jsonl")


def test_what_ended_is_noted(journal: Journal) -> None:
    assert journal.entries() == []
    journal(Event("step-started", "s", "worker1"))
    journal(Event("command-started", "s", "master", command="true"))
    journal(Event("command-output", "s", "master", text="x"))
    journal(Event("command-ended", "s", "master", command="true", exit_code=0, seconds=1.5))
    journal(Event("step-done", "s", "worker1", text="all is well"))
    journal(Event("command-ended", "", "host", command="false", exit_code=1))
    entries = journal.entries()
    assert [datetime.fromisoformat(entry.pop("time")).tzinfo is not None for entry in entries]
    command, step, later = entries
    assert command == {
        "kind": "command-ended", "step": "s", "machine": "master", "command": "true",
        "exit_code": 0, "seconds": 1.5, "unit": "worker1",
    }  # fmt: skip
    assert step.items() >= {"kind": "step-done", "text": "all is well"}.items()
    assert "unit" not in step
    # The step is over: what is typed now is of no unit.
    assert "unit" not in later and "step" not in later and later["exit_code"] == 1
    assert mode(journal.path) == 0o600


def test_variables_are_noted_without_values(journal: Journal) -> None:
    inner = Variable("A", Command("echo secret-source", on="master"))
    outer = Variable("B", Command("echo $A", variables=(inner,)), secret=True)
    journal(Event("command-ended", "s", "host", command="true", variables=(outer,)))
    (entry,) = journal.entries()
    assert variables_of(entry) == (Variable("B", Command("echo $A", variables=(inner,))),)
    assert variables_of({}) == ()


def test_a_line_that_was_cut_is_passed_over(journal: Journal) -> None:
    journal(Event("step-done", "s", "a"))
    with journal.path.open("a") as file:
        file.write('{"kind": "st\n')
    journal(Event("step-done", "t", "a"))
    assert [entry["step"] for entry in journal.entries()] == ["s", "t"]


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Journal(tmp_path / "file" / "journal.jsonl")(Event("step-done", "s", "a"))


# -- marks ---------------------------------------------------------------------------------


def test_marks_are_read_back(tmp_path: Path) -> None:
    directory = tmp_path / "labs" / "mine"
    assert marks.of(directory) == []
    marks.note(directory, "exercise", "1.1", evidence=["", "x" * 400], answer=None)
    marks.note(directory, "incident", "no-room", event="put-in")
    first, second = marks.of(directory)
    assert first.evidence == ("x" * 300,), "what is empty is left out, what is long is cut"
    assert (first.answer, second.answer) == ("None", "")
    assert (first.passed, second.event, second.evidence) == (False, "put-in", ())
    line = json.loads(marks.path_of(directory).read_text("utf-8").splitlines()[1])
    assert "answer" not in line


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-01-01T00:00:00+00:00", True),
        ("2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00", False),
        ("yesterday", False),
        (5, False),
        (None, False),
    ],
)
def test_moments(text: object, is_one: bool) -> None:
    assert marks.is_time(text) is is_one


def test_only_incidents_are_mended_and_only_exercises_solved() -> None:
    time = "2026-01-01T00:00:00+00:00"
    exercise = marks.Mark(time, "exercise", "1.1", True)
    incident = marks.Mark(time, "incident", "no-room", True)
    failed = marks.Mark(time, "incident", "one-less", False)
    assert list(marks.mended([exercise, incident, failed])) == ["no-room"]
    assert list(marks.solved([exercise, incident, failed])) == ["1.1"]


# -- places --------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_labs_are_folders_with_something_in_them(home: Path) -> None:
    assert places.lab_names() == []
    for name in ("b", "a", "empty"):
        places.lab_directory(name).mkdir(parents=True)
    for name in ("b", "a"):
        (places.lab_directory(name) / "config.yaml").write_text("{}")
    (home / "labs" / "file").write_text("")
    assert places.lab_names() == ["a", "b"]


def test_a_home_that_is_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert places.home() == home
    home.write_text("")
    for named in (home, home / "below" / "it"):
        monkeypatch.setenv("OWLAB_HOME", str(named))
        with pytest.raises(ConfigError, match="is no folder"):
            places.home()
    monkeypatch.setenv("OWLAB_HOME", "~/labs-of-mine")
    assert places.home() == Path.home() / "labs-of-mine"


def test_folders_that_may_not_be_written_go_too(home: Path) -> None:
    place = places.lab_directory("a")
    (place / "below").mkdir(parents=True)
    (place / "below" / "f").write_text("")
    (place / "link").symlink_to(home)
    (place / "below").chmod(0o500)
    places.remove(place)
    assert not place.exists() and home.is_dir()
    places.remove(place)
    kept = places.kept_directory("a") / "20260101"
    kept.mkdir(parents=True)
    places.remove(kept)
    assert not kept.exists()
    for other in (home, home / "labs", home / "kept", home / "labs" / "a" / "b"):
        with pytest.raises(ValueError, match="is not a lab's folder"):
            places.remove(other)
