"""Which language is spoken, and how a name that is none is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from owlab import language, places
from owlab.batch import course
from owlab.cli import main
from owlab.settings import SETTINGS

ROOT = Path(__file__).parents[3]


@pytest.fixture
def unsaid(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody asked for a language."""
    for name in (language.VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("name", ["zh", "ZH", "zh_CN", "zh-CN", "zh_CN.UTF-8", " zh-hans "])
def test_chinese_has_many_names(name: str, unsaid: pytest.MonkeyPatch) -> None:
    unsaid.setenv(language.VARIABLE, name)
    assert language.current() == "zh"


def test_english_is_spoken_where_nothing_is_said(unsaid: pytest.MonkeyPatch) -> None:
    assert language.current() == "en"
    for other in ("C", "de_DE.UTF-8", "en_US.UTF-8", "fr"):
        unsaid.setenv("LANG", other)
        assert language.current() == "en"


def test_a_chinese_system_is_answered_in_chinese(unsaid: pytest.MonkeyPatch) -> None:
    unsaid.setenv("LANG", "zh_CN.UTF-8")
    assert language.current() == "zh"
    unsaid.setenv("LC_ALL", "en_US.UTF-8")
    assert language.current() == "en", "LC_ALL is stronger"
    unsaid.setenv(language.VARIABLE, "zh")
    assert language.current() == "zh", "who says it, is obeyed"


def test_a_notebook_in_the_folder_zh_speaks_chinese(
    unsaid: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unsaid.setenv(language.VARIABLE, "en")
    language.follow(tmp_path / "zh")
    assert language.current() == "en", "who says it, is obeyed"
    unsaid.delenv(language.VARIABLE)
    language.follow(tmp_path / "notebooks")
    assert language.current() == "en"
    language.follow(tmp_path / "zh")
    assert language.current() == "zh"


def test_texts_are_translated_when_they_are_read(unsaid: pytest.MonkeyPatch) -> None:
    texts = language.Texts("PASS", "FAIL", "never heard of")
    assert list(texts) == ["PASS", "FAIL", "never heard of"]
    unsaid.setenv(language.VARIABLE, "zh")
    assert list(texts) == ["通过", "未通过", "never heard of"]
    assert list(texts[1:]) == ["未通过", "never heard of"]
    assert language._("") == "", "and not the catalogue's header"


@pytest.mark.parametrize("command", [["run"], ["lab"], ["notebooks"]])
def test_a_language_that_is_none_is_refused(command: list[str]) -> None:
    done = CliRunner().invoke(main, [*command, "--language", "fr"])
    assert done.exit_code == 2
    assert "'fr' is not a language of owlab. There are: en (English), zh (中文)." in done.output


def test_so_is_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(language.VARIABLE, "klingon")
    done = CliRunner().invoke(main, ["labs"])
    assert done.exit_code == 2
    assert "Invalid value for OWLAB_LANG: 'klingon'" in done.output


def test_the_course_is_found_in_each_language() -> None:
    assert course.find_directory(None, "zh") == course.find_directory(None) / "zh"
    assert course.installed_directory("zh") == course.installed_directory() / "zh"


def test_no_variable_of_ours_is_taken_for_a_setting() -> None:
    named = {
        name
        for path in (ROOT / "owlab").rglob("*.py")
        if "pocket" not in path.parts
        for name in re.findall(r'"(OWLAB_[A-Z_]+)"', path.read_text("utf-8"))
    }
    settings = {f"OWLAB_{name.upper()}" for name in SETTINGS}
    assert named - settings <= places.NO_SETTINGS
    assert not places.NO_SETTINGS & settings
