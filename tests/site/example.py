"""A course with one notebook in Chinese, and a run of it in which one notebook was executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from owlab.batch.course import read_notebook
from owlab.batch.evidence import NotebookOutcome
from owlab.batch.summary import RunSummary
from owlab.notebook import page
from owlab.notebook.mime import CHECK, TRANSCRIPT

NAME = "01-vm-cluster"
SECRET = "K10" + "ab" * 32 + "::server:0123456789abcdef"
"""Of the shape of a join token."""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
TITLE = "1 虚拟机集群"
SENTENCE = "本节用 Multipass 创建四台虚拟机。"


def translate(course: Path) -> None:
    """The first words of one notebook in Chinese."""
    notebook: Any = read_notebook(course / f"{NAME}.ipynb")
    cell = next(cell for cell in notebook.cells if cell.id == "01-title")
    _, _, rest = cell.source.partition("\n")
    cell.source = f"# {TITLE}\n\n{SENTENCE}\n{rest}"
    (course / "zh").mkdir()
    _write(notebook, course / "zh" / f"{NAME}.ipynb")


def write_run(folder: Path, course: Path) -> Path:
    """Outputs of each kind, with a secret in each of them."""
    notebook: Any = read_notebook(course / f"{NAME}.ipynb")
    cells = {cell.id: cell for cell in notebook.cells}
    cells["01-s14-call"].outputs = [_transcript(), _stream(), _result()]
    cells["01-check"].outputs = [_check()]
    cells["01-s12-list"].outputs = [_display({"image/png": PIXEL, "text/plain": "a plot of calls"})]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
    folder.mkdir()
    _write(notebook, folder / f"{NAME}.ipynb")
    run = RunSummary(folder, first=1, last=1)
    run.outcomes = [NotebookOutcome(NAME, "passed"), NotebookOutcome("02-nfs-clients", "not run")]
    run.finish()
    run.save()
    return folder


def _write(notebook: Any, path: Path) -> None:
    library: Any = nbformat
    library.write(notebook, path)


def _display(data: dict[str, Any]) -> Any:
    library: Any = nbformat.v4
    return library.new_output("display_data", data=data)


def _transcript() -> Any:
    command = {
        "machine": "master",
        "text": f"K3S_TOKEN={SECRET} sh -",
        "output": f"\x1b[32mtoken {SECRET}\x1b[0m\n" + "line\n" * 30,
        "exit_code": 3,
        "seconds": 1.0,
    }
    record = {
        "title": "1.4 join the workers (worker1)",
        "status": "done",
        "why": f"worker1: Ready {SECRET}",
        "commands": [command],
        "past": {"about": "Its commands", "commands": [{"machine": "host", "text": "echo past"}]},
    }
    html = page.command("master", f"K3S_TOKEN={SECRET} sh -")
    return _display(page.bundle(html, "plain", {TRANSCRIPT: record}))


def _stream() -> Any:
    library: Any = nbformat.v4
    return library.new_output("stream", name="stdout", text=f"printed {SECRET}\n")


def _result() -> Any:
    library: Any = nbformat.v4
    table = f"<table border='1'><tr><th></th><th>seen</th></tr><tr><td>{SECRET}</td></tr></table>"
    data = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "0", "version_major": 2},
        "text/html": f"<script src='https://example.org/x.js'></script><style>p{{}}</style>{table}",
        "text/plain": SECRET,
    }
    return library.new_output("execute_result", data=data, execution_count=1)


def _check() -> Any:
    checks = [{"title": "nodes", "passed": True, "evidence": ["3 nodes"], "remedy": ""}]
    html = page.table(("Result", "Check"), [('<span class="good">PASS</span>', "nodes")])
    return _display(page.bundle(html, "PASS nodes", {CHECK: {"checks": checks}}))
