"""A learner's copies: never the course's own files, and never what somebody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("number", ["44", "x", "../00"])
def test_an_unknown_number_is_refused(copies: Copies, number: str) -> None:
    with pytest.raises(ConfigError, match="There is no notebook"):
        copies.restore(number)


def test_the_courses_own_files_are_never_written(copies: Copies, course: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in course.glob("*.ipynb")}
    write_notebook(copies.folder / "00-a.ipynb", ("code", "mine"))
    list(copies.renew())
    copies.restore("00")
    assert {path.name: path.stat().st_mtime_ns for path in course.glob("*.ipynb")} == before
