"""The Chinese course: the English one in other words, and nothing else.

After a change of an English notebook: make notebooks, and what it names.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from owlab.notebook.pictures import PICTURES
from tools.translation import notebooks
from tools.translation.catalogue import CATALOGUES, ROOT, Catalogue, Text
from tools.translation.markdown import rewrite, texts
from tools.translation.style import complaints

ENGLISH = notebooks.english_notebooks()
each = pytest.mark.parametrize("notebook", ENGLISH, ids=lambda notebook: notebook.stem)
PLACEHOLDERS = {
    "code": r"`[^`]+`",
    "link": r"\]\(([^)\s]+)\)",
    "markup": r"<[^>`]+>",
    "column": r"(?<!\\)\|",
    "heading": r"^#+ ",
    "emphasis": r"\*\*",
    "item": r"^(?:- |\d+\. )",
}
CHINESE_PAGES = {
    "https://docs.k3s.io/zh/": "https://docs.k3s.io/",
    "https://kubernetes.io/zh-cn/": "https://kubernetes.io/",
}


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return found


def markdown(path: Path) -> str:
    found = [cell for cell in cells(path) if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in found)


def test_every_notebook_is_there_and_no_other() -> None:
    names = [path.name for path in ENGLISH]
    assert [path.name for path in sorted(notebooks.CHINESE.glob("*.ipynb"))] == names
    stems = [path.stem for path in ENGLISH]
    assert [path.stem for path in sorted((CATALOGUES / "notebooks").glob("*.po"))] == stems


def test_nothing_is_missing_or_stale_and_all_is_built() -> None:
    """make notebooks"""
    wanted, todo = notebooks.files()
    assert todo == []
    assert [str(path) for path, text in wanted.items() if path.read_text("utf-8") != text] == []


@each
def test_only_the_words_differ(notebook: Path) -> None:
    ours, theirs = (
        json.loads(path.read_text("utf-8"))
        for path in (notebook, notebooks.CHINESE / notebook.name)
    )
    for english, chinese in zip(ours["cells"], theirs["cells"], strict=True):
        if english["cell_type"] == "markdown":
            for content in (english, chinese):
                content["source"] = code_blocks("".join(content["source"]))
    assert theirs == ours


def code_blocks(source: str) -> list[str]:
    """The fenced blocks, without their comments."""
    found = re.findall(r"^```.*?^```", source, re.M | re.S)
    return [re.sub(r"# .*", "#", block) for block in found]


@each
def test_each_text_keeps_what_is_no_language(notebook: Path) -> None:
    for message in notebooks.catalogue(notebook):
        chinese = str(message.string)
        for page, original in CHINESE_PAGES.items():
            chinese = chinese.replace(page, original)
        for what, pattern in PLACEHOLDERS.items():
            wanted = Counter(re.findall(pattern, str(message.id), re.M))
            if what == "emphasis" and wanted:
                continue  # Chinese may stress another word; that none is left open, see below
            assert Counter(re.findall(pattern, chinese, re.M)) == wanted, (what, chinese)


@each
def test_the_chinese_is_set_as_chinese_is(notebook: Path) -> None:
    assert [line for m in notebooks.catalogue(notebook) for line in complaints(str(m.string))] == []


@each
def test_no_mark_of_emphasis_is_shown(notebook: Path) -> None:
    """``**字。**字`` is not bold: a closing mark after punctuation wants a space behind it."""
    html = (
        MarkdownIt("commonmark").enable("table").render(markdown(notebooks.CHINESE / notebook.name))
    )
    assert "**" not in re.sub(r"<code.*?</code>", "", html, flags=re.S)


@each
def test_links_and_pictures_lead_somewhere(notebook: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", markdown(notebooks.CHINESE / notebook.name))
    here = [target for target in targets if not target.startswith("https://")]
    assert here
    for target in here:
        assert (notebooks.CHINESE / target.partition("#")[0]).is_file(), target


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_says_in_chinese_what_its_notebook_says(name: str) -> None:
    svg = (notebooks.CHINESE / "pictures" / f"{name}.svg").read_text("utf-8")
    words = re.search(r'<desc id="words">(.*)</desc>', svg)
    assert words is not None
    labels = re.findall(r">([^<>\n]+)</t", svg)
    assert [line for text in (words[1], *labels) for line in complaints(text)] == []
    shown = [markdown(path) for path in notebooks.CHINESE.glob("*.ipynb")]
    assert any(f"![{words[1]}](pictures/{name}.svg)" in text for text in shown)


def test_every_forbidden_word_of_the_glossary_is_found() -> None:
    assert complaints("群集中的结点") == [
        "群集 -> 集群: 群集中的结点",
        "结点 -> 节点: 群集中的结点",
    ]


def test_the_style_sees_each_kind_of_slip() -> None:
    for slip in (
        "在master上",
        "用 `ls`查看",
        "好的,走",
        "好(的)",
        "节点 ，卷",
        "第一行\n第二行",
        "a，b",
    ):
        assert complaints(slip), slip
    for right in ("在 master 上，用 `ls` 查看（可选）。", "- 一\n- 二", "**粗**：`a,b`"):
        assert complaints(right) == [], right


def test_a_text_is_a_paragraph_a_row_a_comment_or_a_pictures_words() -> None:
    source = "\n".join(
        [
            *("# Head", "", "One", "two.", "", "| a | `b` |", "|---|---|", "| c | d |", ""),
            *(
                "```bash",
                "ls  # look",
                "# all",
                "echo '#1'",
                "```",
                "![seen](x.svg)",
                "",
                "</details>",
            ),
        ]
    )
    found = texts(source)
    assert found == ["# Head", "One\ntwo.", "| a | `b` |", "| c | d |", "look", "all", "seen"]
    assert rewrite(source, str.upper) == source.replace("Head", "HEAD").replace(
        "One\ntwo", "ONE\nTWO"
    ).replace("| a | `b` |", "| A | `B` |").replace("| c | d |", "| C | D |").replace(
        "look", "LOOK"
    ).replace("all", "ALL").replace("seen", "SEEN")


def test_a_changed_text_makes_its_translation_stale(tmp_path: Path) -> None:
    path = ROOT / "locale" / "never-written.po"
    before = Catalogue(path, [Text("The cluster runs on four machines.", "a")])
    assert before.missing == ["The cluster runs on four machines."]
    kept = tmp_path / "a.po"
    text = before.po().replace('machines."\nmsgstr ""', 'machines."\nmsgstr "集群有四台虚拟机。"')
    kept.write_text(text, "utf-8")
    done = Catalogue(kept, [Text("The cluster runs on four machines.", "a")])
    assert (done.missing, done.stale) == ([], [])
    assert done("The cluster runs on four machines.") == "集群有四台虚拟机。"
    changed = "The cluster runs on five machines."
    after = Catalogue(kept, [Text(changed, "a")])
    assert (after.missing, after.stale) == ([], [changed])
    assert after(changed) == changed, "what is stale is not shown"
    gone = Catalogue(kept, [Text("Something else entirely", "a")])
    assert (gone.missing, gone.stale) == (["Something else entirely"], [])
