"""What both readmes say."""

from __future__ import annotations

import re
from pathlib import Path

from tools.translation.style import complaints

ROOT = Path(__file__).parents[3]
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")


def test_each_leads_to_the_other_at_once() -> None:
    assert "[中文](README.zh-CN.md)" in (ROOT / "README.md").read_text("utf-8").splitlines()[:4]
    assert "[English](README.md)" in CHINESE.splitlines()[:4]


def test_its_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", CHINESE)
    assert all(target.startswith("https://") or (ROOT / target).is_file() for target in targets)


def test_it_is_set_as_chinese_is() -> None:
    prose = re.sub(r"^```.*?^```", "", CHINESE, flags=re.M | re.S)
    blocks = [line for line in prose.splitlines() if line]
    assert [slip for line in blocks for slip in complaints(line)] == []


def test_its_commands_are_those_that_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make ([a-z]+)", CHINESE, re.M):
        assert f"\n{target}:" in makefile
    from owlab.cli import COMMANDS

    assert set(re.findall(r"`owlab ([a-z]+)", CHINESE)) <= set(COMMANDS)
