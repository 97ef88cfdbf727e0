"""What commands say in Chinese, joined out of several pieces, is set as Chinese is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from owlab import language
from owlab.cli import main
from tools.translation.style import complaints

pytestmark = pytest.mark.timeout(300)

HAN = re.compile(r"[\u4e00-\u9fff]")
Say = Callable[[str], str]


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Say]:
    """Types a command of owlab's, and returns all that it says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(tmp_path_factory.mktemp("z")))
        patch.setenv("COLUMNS", "200")
        patch.setenv(language.VARIABLE, "zh")
        patch.chdir(tmp_path_factory.mktemp("here"))
        patch.delenv("OWLAB_LAB", raising=False)

        def run(line: str) -> str:
            done = CliRunner().invoke(
                main, [*line.split(), *(["--lab", "zh"] * (" -" not in line))]
            )
            return done.output

        try:
            yield run
        finally:
            CliRunner().invoke(main, ["down", "--lab", "zh", "--yes"])


LINES = (
    "up --to 3 --lab zh",
    "status",
    "check",
    "step 3",
    "step 3 --undo --lab zh",
    "step 9",
    "undo",
    "goto 04 --yes --lab zh",
    "undo --list --lab zh",
    "undo 7",
    "undo",
    "up",
    "break page-not-found",
    "incidents --check --lab zh",
    "incidents --hint 2 --lab zh",
    "incidents --mend --lab zh",
    "incidents --explain --lab zh",
    "break one-less",
    "break no-room",
    "incidents one-less --mend --lab zh",
    "break nowhere",
    "incidents --lab zh",
    "labs -h",
    "class --html class.html",
    "grade -o grades.csv",
    "up --workerz",
    "up --set workerz 3",
    "down",
    "status --lab nowhere",
)
"""One after the other: what a person types in an afternoon, with slips."""


def test_each_line_is_set_as_chinese_is(say: Say) -> None:
    slips = {}
    for line in LINES:
        said = say(line)
        assert said.strip(), line
        found = [slip for text in _sentences(said) for slip in complaints(text, markdown=False)]
        if found:
            slips[line] = found
    assert slips == {}


def _sentences(said: str) -> Iterator[str]:
    """The cells and lines with Chinese in them."""
    for row in said.splitlines():
        for cell in re.split(r" {2,}|[│┃]", row):
            if HAN.search(cell):
                yield cell.strip().removeprefix("Error: ")  # click's own word


def test_pieces_are_joined_in_the_language_of_the_moment(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert language.pair("步骤", "完成") == "步骤：完成"
    assert language.aside("步骤", "master") == "步骤（master）"
    assert language.aside("步骤", "") == "步骤"
    assert language.listed(("a", "b")) == "a、b"
    assert re.search(r"之前：", say("undo --list --lab zh"))
    monkeypatch.setenv(language.VARIABLE, "en")
    assert language.pair("step", "done") == "step: done"
    assert language.aside("step", "master") == "step (master)"
    assert language.listed(("a", "b", "c")) == "a, b, c"


def test_pictures_and_tables_of_the_notebook_join_alike() -> None:
    """No module joins texts that it translates with punctuation of its own."""
    root = Path(language.__file__).parent
    joins = re.compile(r"""f"[^"]*\{_\([^"]*\)\}(: |, | \()|f"[^"]*(: |, | \()\{_\(""")
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in sorted(root.rglob("*.py"))
        if "pocket" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if joins.search(line) and "KeyboardInterrupt: " not in line  # Python's own name
    ]
    assert found == []
