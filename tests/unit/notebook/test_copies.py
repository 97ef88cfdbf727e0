"""A learner's copies: never the course's own files, and never what somebody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from owlab.cli import main
from owlab.errors import ConfigError
from owlab.notebook.copies import Copies
from tests.unit.batch.conftest import write_notebook


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "a.svg").write_text("<svg/>")
    write_notebook(folder / "00-a.ipynb", ("md", "# A"), ("code", "1"))
    write_notebook(folder / "03-helm.ipynb", ("md", "# Helm"), ("code", "2"))
    return folder


@pytest.fixture
def copies(course: Path, tmp_path: Path) -> Copies:
    made = Copies(tmp_path / "mine", course)
    assert list(made.renew()) == []
    return made


def source(path: Path) -> str:
    return path.read_text("utf-8")


def test_they_are_copied_with_their_pictures(copies: Copies, course: Path) -> None:
    assert (copies.folder / "pictures" / "a.svg").is_file()
    assert source(copies.folder / "03-helm.ipynb") == source(course / "03-helm.ipynb")


def test_a_new_version_replaces_what_nobody_wrote_in(copies: Copies, course: Path) -> None:
    mine = copies.folder / "00-a.ipynb"
    ran = source(mine).replace('"execution_count": null', '"execution_count": 7')
    mine.write_text(ran, "utf-8")
    write_notebook(course / "00-a.ipynb", ("md", "# A"), ("code", "11"))
    (told,) = copies.renew()
    assert "a new version" in told
    assert source(mine) == source(course / "00-a.ipynb")
    assert list(copies.renew()) == []


def test_what_somebody_wrote_is_kept_beside_the_new_version(copies: Copies, course: Path) -> None:
    mine = copies.folder / "00-a.ipynb"
    write_notebook(mine, ("md", "# A"), ("code", "my answer"))
    write_notebook(course / "00-a.ipynb", ("md", "# A"), ("code", "11"))
    (told,) = copies.renew()
    assert "yours is kept" in told
    assert "my answer" in source(mine)
    assert source(copies.folder / "00-a.new.ipynb") == source(course / "00-a.ipynb")
    assert list(copies.renew()) == [], "told once"


def test_one_is_restored_and_the_old_one_kept(copies: Copies, course: Path) -> None:
    mine = copies.folder / "03-helm.ipynb"
    for number in (1, 2):
        write_notebook(mine, ("code", f"answer {number}"))
        told = copies.restore("3")
        assert "What you wrote is in" in told
        assert source(mine) == source(course / "03-helm.ipynb")
    assert "answer 1" in source(copies.folder / "03-helm.mine.ipynb")
    assert "answer 2" in source(copies.folder / "03-helm.mine-2.ipynb")
    assert copies.restore("03") == "03-helm.ipynb is as new."


@pytest.mark.parametrize("number", ["44", "x", "../00", "/etc", "", "*", "²"])
def test_an_unknown_number_is_refused(copies: Copies, number: str) -> None:
    with pytest.raises(ConfigError, match="There is no notebook"):
        copies.restore(number)


def test_the_courses_own_files_are_never_written(copies: Copies, course: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in course.glob("*.ipynb")}
    write_notebook(copies.folder / "00-a.ipynb", ("code", "mine"))
    list(copies.renew())
    copies.restore("00")
    assert {path.name: path.stat().st_mtime_ns for path in course.glob("*.ipynb")} == before


def test_a_new_version_that_somebody_wrote_in_is_kept_as_well(copies: Copies, course: Path) -> None:
    mine, new = copies.folder / "00-a.ipynb", copies.folder / "00-a.new.ipynb"
    write_notebook(mine, ("code", "my answer"))
    write_notebook(course / "00-a.ipynb", ("code", "11"))
    list(copies.renew())
    write_notebook(course / "00-a.ipynb", ("code", "12"))
    list(copies.renew())
    assert source(new) == source(course / "00-a.ipynb"), "nobody wrote in the one before"
    write_notebook(new, ("code", "my other answer"))
    write_notebook(course / "00-a.ipynb", ("code", "13"))
    (told,) = copies.renew()
    assert "00-a.new-2.ipynb" in told
    assert "my other answer" in source(new)


def test_a_copy_that_fails_leaves_no_half_of_one(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    copies = Copies(tmp_path / "mine", course)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            list(copies.renew())
    assert not (copies.folder / "00-a.ipynb").exists()
    assert list(copies.renew()) == []
    assert source(copies.folder / "00-a.ipynb") == source(course / "00-a.ipynb")


def test_the_course_is_no_folder_for_copies(course: Path) -> None:
    before = sorted(path.name for path in course.iterdir())
    with pytest.raises(ConfigError, match="notebooks of the course itself"):
        list(Copies(course, course).renew())
    with pytest.raises(ConfigError, match="notebooks of the course itself"):
        Copies(course / ".." / "course", course).restore("00")
    assert sorted(path.name for path in course.iterdir()) == before


def test_copies_in_the_current_folder_are_not_taken_for_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path / "notebooks" / "03-helm.ipynb", ("code", "my answer"))
    done = CliRunner().invoke(main, ["notebooks", "--restore", "03", "--folder", "notebooks"])
    assert done.exit_code == 0, done.output
    assert "What you wrote is in 03-helm.mine.ipynb" in done.output
