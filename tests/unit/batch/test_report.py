"""The report opens without a network, executes nothing of an output, and hides secrets."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat

from owlab.batch import report
from owlab.batch.course import NotebookFile, read_notebook
from owlab.batch.evidence import examine
from owlab.batch.summary import RunSummary

from .conftest import write_notebook

KEY = "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:" + "123zO3xZCLrMN6v2BKK1dXYFpXlPkccO" * 2


class Assets(HTMLParser):
    """Everything that a page would fetch; links that a person may click are not fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.buttons = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.buttons += tag == "button"
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster") or (tag == "link" and name == "href"):
                self.fetched.append(value or "")


def page(tmp_path: Path) -> str:
    source = NotebookFile(
        0,
        write_notebook(
            tmp_path / "00-a.ipynb",
            ("md", "# First\n[next](01-b.ipynb) <details><summary>Solution</summary>x</details>"),
            ("code", "print(1)"),
            ("expect", ""),
        ),
    )
    run = RunSummary(tmp_path / "run")
    run.directory.mkdir()
    notebook = read_notebook(source.path)
    code = notebook.cells[1]
    code.execution_count = 1
    notebook.cells[2] = nbformat.from_dict(
        {
            "cell_type": "markdown",
            "id": "cell-2",
            "metadata": {"tags": ["expect"]},
            "source": "**Expected.** the guide's text",
        }
    )
    transcript = {
        "title": "1.3 install",
        "status": "done",
        "why": "",
        "commands": [
            {"machine": "master", "text": "echo <b>", "output": "out", "exit_code": 0, "seconds": 1}
        ],
    }
    datas: list[dict[str, Any]] = [
        {"application/vnd.owlab.transcript+json": transcript, "text/plain": "x"},
        {"text/html": "<script>alert(1)</script><b>bold</b>", "text/plain": "x"},
        {"text/plain": f"key {KEY} <script>alert(2)</script>"},
    ]
    code.outputs = [
        nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": {}})
        for data in datas
    ]
    library: Any = nbformat
    library.write(notebook, run.directory / "00-a.ipynb")
    run.outcomes = [examine(source, run.directory / "00-a.ipynb")]
    run.finish()
    return report.write(run, [source]).read_text("utf-8")


def test_nothing_is_fetched(tmp_path: Path) -> None:
    assets = Assets()
    assets.feed(page(tmp_path))
    assert [url for url in assets.fetched if not url.startswith("data:")] == []


def test_only_the_pages_own_script_runs(tmp_path: Path) -> None:
    html = page(tmp_path)
    nonce = re.search(r"script-src 'nonce-([^']+)'", html)
    assert nonce is not None
    assert "default-src 'none'" in html
    assert html.count(f'<script nonce="{nonce[1]}">') == 1
    assert "alert(2)</script>" not in html, "text is escaped"
    assert "echo &lt;b&gt;" in html


def test_secrets_are_hidden(tmp_path: Path) -> None:
    assert KEY not in page(tmp_path)


def test_each_command_has_a_copy_button_and_each_call_its_expectation(tmp_path: Path) -> None:
    html = page(tmp_path)
    assets = Assets()
    assets.feed(html)
    assert assets.buttons >= 2
    assert "What happened" in html
    assert "the guide&#x27;s text" in html or "the guide's text" in html
    assert 'href="#01-b"' in html, "links between notebooks stay inside the page"
    assert 'id="00-a"' in html
