"""The Chinese course, run headlessly: two notebooks, since its cells are the English ones."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from owlab import Lab, language
from owlab.batch.course import read_notebook
from owlab.batch.progress import Progress
from owlab.batch.run import RunOptions, run_course
from owlab.batch.summary import RunSummary
from owlab.errors import ConfigError

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunSummary, str]]:
    home = tmp_path_factory.mktemp("zh")
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(home))
        patch.setenv(language.VARIABLE, "en")  # who asks for a language gets it all the same
        options = RunOptions({"lab_name": "zh"}, last=1, out=home / "runs", language="zh")
        lab = Lab.open("zh")
        try:
            yield run_course(options, Progress(stream)), stream.getvalue()
        finally:
            lab.down()


def outputs(run: RunSummary, cell_id: str) -> str:
    (path,) = run.directory.glob(f"{cell_id[:2]}-*.ipynb")
    (cell,) = [cell for cell in read_notebook(path).cells if cell.id == cell_id]
    texts = [
        entry.get("text") or entry.get("data", {}).get("text/plain", "") for entry in cell.outputs
    ]
    return "\n".join(texts)


def test_it_passes_and_says_so_in_chinese(run: tuple[RunSummary, str]) -> None:
    summary, printed = run
    assert summary.exit_code == 0
    assert summary.language == "zh"
    assert "全部 2 个 notebook 运行完毕，检查通过 8/8。" in printed


def test_the_kernels_speak_chinese(run: tuple[RunSummary, str]) -> None:
    summary, _printed = run
    assert outputs(summary, "00-begin").startswith("实验环境 'zh'，提供者 pocket：master")
    assert "1.2 创建虚拟机（worker1）：完成，用时" in outputs(summary, "01-s12-call")
    check = outputs(summary, "01-check")
    assert check.startswith("通过  1.2 创建虚拟机")
    assert "节点 master：Ready" in check
    assert "未完成  练习 00.1" in outputs(summary, "00-exercise-1-check")
    assert "Chart 的 git 仓库" in outputs(summary, "01-s13-mirror-list")


def test_what_is_ours_to_say_is_said_in_chinese(run: tuple[RunSummary, str]) -> None:
    """In what checks and steps recorded there is no sentence of English but of programs."""
    summary, _printed = run
    for path in summary.directory.glob("*.ipynb"):
        for cell in read_notebook(path).cells:
            for entry in cell.get("outputs", []):
                for text in _said(entry.get("data", {})):
                    assert HAN.search(text) or not re.search(r"[a-z]+ [a-z]+ [a-z]+", text), text


def _said(data: dict[str, Any]) -> Iterator[str]:
    for record in data.values():
        if isinstance(record, dict):
            for check in record.get("checks", []):
                yield from (check["title"], check["remedy"], *check["evidence"])
            if "why" in record:
                yield from (record["title"], record["why"])


def test_the_report_is_in_chinese(run: tuple[RunSummary, str]) -> None:
    page = (run[0].directory / "report.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    for words in ("课程运行结果：", "检查通过 8/8", "<h1>1 虚拟机集群</h1>", "预期输出", ">复制<"):
        assert words in page


def test_a_resumed_run_keeps_its_language(
    run: tuple[RunSummary, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, _printed = run
    monkeypatch.setenv(language.VARIABLE, "en")
    again = RunOptions({"lab_name": "zh"}, resume=True, out=summary.directory.parent)
    assert run_course(again, Progress(io.StringIO())).language == "zh"
    other = RunOptions({"lab_name": "zh"}, resume=True, out=summary.directory.parent, language="en")
    with pytest.raises(ConfigError, match="in another language: zh"):
        run_course(other, Progress(io.StringIO()))
    saved = json.loads((summary.directory / "summary.json").read_text("utf-8"))
    assert saved["language"] == "zh"
