"""The table and the page: nothing from elsewhere, nothing that a learner's text could do."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from owlab.classroom.journals import ALL_DONE, LastFailure
from owlab.classroom.page import page, table
from owlab.classroom.rows import Row
from owlab.cli import main
from owlab.cli.shared_options import plain
from tests.unit.classroom.conftest import MakeLab, done, solved

Owlab = Callable[..., Result]
EVIL = '<script>alert(1)</script>" onload="x'
TOKEN = f"K10{'0af3' * 12}::server:abc"


@pytest.fixture
def owlab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Owlab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "own"))
    return lambda *words: CliRunner().invoke(main, list(words))


def evil() -> Row:
    time = "2026-01-01T00:00:00+00:00"
    return Row(EVIL, EVIL, section="3", failure=LastFailure(time, EVIL, False), notes=[EVIL, TOKEN])


def test_nothing_of_a_learners_becomes_html_and_no_secret_gets_there() -> None:
    text = page([evil()])
    assert "<script" not in text
    assert '" onload' not in text
    assert text.count("&lt;script&gt;") == 4
    assert TOKEN not in text


def test_nothing_is_loaded_and_nothing_is_executed() -> None:
    text = page([evil()])
    assert re.findall(r"(?:src|href|url)\s*[=(]", text) == []
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert 'http-equiv="refresh"' not in text
    assert '<meta http-equiv="refresh" content="7">' in page([], 7)


def test_on_a_phone_each_cell_has_its_name() -> None:
    text = page([Row("ann")])
    headings = re.findall(r'<th scope="col">([^<]+)</th>', text)
    assert re.findall(r'data-label="([^"]+)"', text) == headings[1:]
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text


def test_what_could_not_be_read_is_no_zero() -> None:
    unknown = page([Row("bo", marks_were_read=False)])
    assert re.search(r">\? of \d+<", unknown)
    assert re.search(r">0 of \d+<", page([Row("bo")]))


def test_text_of_others_moves_no_cursor() -> None:
    row = Row("\x1b[2Jann", failure=LastFailure("2026-01-01T00:00:00+00:00", "\x1b]0;x\x07", False))
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(table([row], plain, one_line=False))
    assert "\x1b" not in console.export_text(styles=False)


def test_watched_labs_have_a_line_each() -> None:
    long = LastFailure("2026-01-01T00:00:00+00:00", "master$ helm " + "x" * 300, False)
    many = [Row(f"l{number}", failure=long, notes=["a", "b"]) for number in range(30)]
    console = Console(width=100, file=io.StringIO())
    console.print(table(many, plain, one_line=True))
    assert isinstance(console.file, io.StringIO)
    assert len(console.file.getvalue().splitlines()) == 31


def test_the_command_writes_table_page_and_data(
    owlab: Owlab, make_lab: MakeLab, pattern: str, tmp_path: Path
) -> None:
    solved(make_lab("ann", done("vms.install_provider", kind="step-skipped")), "06.2")
    make_lab("bo", name="second")
    file = tmp_path / "class.html"
    shown = owlab("class", "--homes", pattern, "--html", str(file))
    assert shown.exit_code == 0, shown.output
    assert re.search(r"ann +1 +1/\d+ +0/\d+", shown.output)
    assert re.search(r"bo \(second\) +1 +0/\d+", shown.output)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "06.2" in file.read_text("utf-8")
    data = json.loads(owlab("class", "--homes", pattern, "--json").output)
    assert [(row["learner"], row["exercises"]) for row in data] == [("ann", ["06.2"]), ("bo", [])]


def test_what_cannot_be_is_refused_in_words(
    owlab: Owlab, make_lab: MakeLab, pattern: str, tmp_path: Path
) -> None:
    nothing = owlab("class", "--homes", str(tmp_path / "no" / "*"))
    assert nothing.exit_code == 2
    assert "No labs were found" in nothing.output
    make_lab("ann")
    assert owlab("class", "--homes", pattern, "--json", "--watch").exit_code == 2
    assert owlab("class", "--homes", pattern, "--watch", "0").exit_code == 2
    unwritable = owlab("class", "--homes", pattern, "--html", str(tmp_path / "no" / "x.html"))
    assert unwritable.exit_code == 1
    assert "cannot be written" in unwritable.output


def test_watching_looks_again_until_it_is_interrupted(
    owlab: Owlab, make_lab: MakeLab, pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make_lab("ann")
    file = tmp_path / "class.html"
    looks: list[str] = []

    def wait(seconds: float) -> None:
        looks.append(file.read_text("utf-8"))
        solved(directory, "06.2")
        if len(looks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("owlab.cli.classroom.time.sleep", wait)
    done = owlab("class", "--homes", pattern, "--watch", "3", "--html", str(file))
    assert done.exit_code == 130
    assert ["06.2" in look for look in looks] == [False, True]
    assert 'content="3"' in looks[0]


def test_the_class_is_shown_in_chinese_and_programs_read_what_they_read_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OWLAB_LANG", "zh")
    row = Row("ann", "owlab", section=ALL_DONE)
    console = Console(file=io.StringIO(), width=200)
    console.print(table([row], plain, one_line=False))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "学员" in shown
    assert "全部完成" in shown
    text = page([row])
    assert '<html lang="zh">' in text
    assert "全部完成" in text
    assert row.as_data()["section"] == "all done"
