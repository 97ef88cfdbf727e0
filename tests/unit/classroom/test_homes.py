"""Which homes a pattern finds, whose they are, and what may not be looked into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owlab.classroom.homes import find_homes
from owlab.errors import ConfigError


def make(tmp_path: Path, *names: str) -> None:
    for name in names:
        (tmp_path / name / ".local" / "state" / "owlab").mkdir(parents=True)


def test_a_learner_is_what_stands_for_the_star(tmp_path: Path) -> None:
    make(tmp_path, "bo", "ann", ".hidden")
    (tmp_path / "without").mkdir()
    homes = find_homes([f"{tmp_path}/*/.local/state/owlab"])
    assert [home.learner for home in homes] == ["ann", "bo"]
    assert homes[0].path == tmp_path / "ann" / ".local" / "state" / "owlab"


def test_folders_that_a_shell_wrote_out_are_told_apart_where_they_differ(tmp_path: Path) -> None:
    make(tmp_path, "ann", "bo")
    given = [str(path) for path in tmp_path.glob("*/.local/state/owlab")]
    assert [home.learner for home in find_homes(given)] == ["ann", "bo"]


def test_a_single_folder_is_its_owners(tmp_path: Path) -> None:
    import pwd

    (home,) = find_homes([str(tmp_path)])
    assert home.learner == pwd.getpwuid(os.getuid()).pw_name


def test_the_same_home_is_named_once(tmp_path: Path) -> None:
    make(tmp_path, "ann")
    pattern = f"{tmp_path}/*/.local/state/owlab"
    assert len(find_homes([pattern, pattern])) == 1


def test_nothing_found_is_refused_and_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        find_homes([f"{tmp_path}/*/owlab"])
    assert f"looked for {tmp_path}/*/owlab" in refused.value.details


def test_a_home_behind_a_closed_door_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "ann", "bo")
    # root passes through every door: let this one be closed nevertheless.
    looked = os.stat

    def closed(path: Path | str | int, *args: object, **more: object) -> os.stat_result:
        if str(path).startswith(f"{tmp_path}/bo/"):
            raise PermissionError(13, "Permission denied", str(path))
        return looked(path, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", closed)
    ann, bo = find_homes([f"{tmp_path}/*/.local/state/owlab"])
    assert ann.trouble == ""
    assert (bo.learner, bo.trouble) == ("bo", "it may not be looked into")
