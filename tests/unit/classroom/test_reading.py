"""Files of others: what they may have put there instead is never followed, waited for, or shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owlab.classroom import reading
from owlab.classroom.reading import NotRead


def test_a_plain_file_of_theirs_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\ntwo\n")
    assert reading.tail(tmp_path / "a", os.getuid()) == "one\ntwo\n"
    assert reading.tail(tmp_path / "b", os.getuid()) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "a").symlink_to(tmp_path / "secret")
    with pytest.raises(NotRead, match="a: "):
        reading.tail(tmp_path / "a", os.getuid())


def test_a_folder_that_is_a_link_is_none(tmp_path: Path) -> None:
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / "mine").mkdir()
    (tmp_path / "labs" / "other").symlink_to("/etc")
    assert reading.folders(tmp_path / "labs") == [tmp_path / "labs" / "mine"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(NotRead, match="no plain file"):
        reading.tail(tmp_path / "a", os.getuid())


def test_a_file_of_somebody_else_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(NotRead, match="somebody else"):
        reading.tail(tmp_path / "a", os.getuid() + 1)


def test_a_file_without_end_is_read_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST", 10)
    (tmp_path / "a").write_text("first line\nsecond\nthird\n")
    assert reading.tail(tmp_path / "a", os.getuid()) == "third\n"


def test_what_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: object, **more: object) -> int:
        raise PermissionError(13, "Permission denied")

    for name in ("open", "scandir", "listdir"):
        monkeypatch.setattr(os, name, denied)
    for look in (
        lambda: reading.tail(tmp_path / "a", 0),
        lambda: reading.folders(tmp_path / "labs"),
        lambda: reading.files(tmp_path / "marks", ".jsonl"),
    ):
        with pytest.raises(NotRead, match="it may not be read"):
            look()
