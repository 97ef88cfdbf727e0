"""What both readmes say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.translation.style import complaints

ROOT = Path(__file__).parents[3]
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")
each_chinese = pytest.mark.parametrize(
    "path", [ROOT / "README.zh-CN.md", ROOT / "docs" / "class.zh-CN.md"], ids=lambda path: path.name
)


def test_each_leads_to_the_other_at_once() -> None:
    assert "[中文](README.zh-CN.md)" in (ROOT / "README.md").read_text("utf-8").splitlines()[:4]
    assert "[English](README.md)" in CHINESE.splitlines()[:4]


@each_chinese
def test_its_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8"))
    assert all(t.startswith("https://") or (path.parent / t).is_file() for t in targets)


@each_chinese
def test_it_is_set_as_chinese_is(path: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.M | re.S)
    blocks = [line for line in prose.splitlines() if line]
    assert [slip for line in blocks for slip in complaints(line)] == []


@each_chinese
def test_its_commands_are_those_that_there_are(path: Path) -> None:
    chinese = path.read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make ([a-z]+)", chinese, re.M):
        assert f"\n{target}:" in makefile
    from owlab.cli import COMMANDS

    assert set(re.findall(r"`owlab ([a-z]+)", chinese)) <= set(COMMANDS)


def test_the_readmes_tell_of_the_same_things() -> None:
    """What the English one says of a class, the Chinese one says as well."""
    for said in ("owlab class", "owlab grade", "owlab goto 05", "owlab undo", "JupyterHub"):
        assert said in CHINESE
    assert "(docs/class.zh-CN.md)" in CHINESE


def test_the_page_on_classes_is_the_same_in_chinese() -> None:
    """Code, tables, names and figures; only the words differ."""
    english, chinese = (
        (ROOT / "docs" / name).read_text("utf-8") for name in ("class.md", "class.zh-CN.md")
    )
    for pattern in (r"^#+ ", r"^\|", r"^```\w+$", r"^\*\*\w+\*\*"):
        assert len(re.findall(pattern, chinese, re.M)) == len(re.findall(pattern, english, re.M))
    blocks = [re.findall(r"^```.*?^```", text, re.M | re.S) for text in (english, chinese)]
    assert [_code(block) for block in blocks[0]] == [_code(block) for block in blocks[1]]
    assert _names_and_figures(english) == _names_and_figures(chinese)


def _names_and_figures(text: str) -> set[str]:
    prose = " ".join(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S).split())
    return set(re.findall(r"`[^`]+`|\d+(?:\.\d+)+", prose))


def _code(block: str) -> str:
    """Without comments, which are translated."""
    return re.sub(r" +# .*$", "", block, flags=re.M)
