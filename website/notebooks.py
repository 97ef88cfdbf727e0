"""A notebook as it ran, made ready for a page: no secret, no widget, no style of JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup

from owlab.batch.course import read_notebook
from owlab.notebook.mime import TRANSCRIPT
from owlab.redact import redact
from website.markdown import fence, folded, plain
from website.words import Words

_LEFT_OUT = {"navigation", "injected-parameters", "papermill-error-cell-tag"}
"""Tags of cells that have no place here: the site has its own links, and nobody's parameters."""

_EXERCISES = {"exercise-answer", "exercise-check"}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FEW_LINES = 15
LEXER = "owlab"
"""Python, or a shell where a cell begins with ``%%on``: see :mod:`website.lexer`."""


def ready(path: Path, words: Words, executed: Path | None = None) -> str:
    """The notebook's text, as myst-nb reads it.

    :param executed: the same notebook as it ran, maybe in another language.
    """
    notebook: Any = read_notebook(path)
    if executed is not None:
        _take_outputs(notebook, read_notebook(executed))
    notebook.cells = [cell for cell in notebook.cells if not _LEFT_OUT & _tags(cell)]
    for cell in notebook.cells:
        cell.source = redact(cell.source)
        if cell.cell_type == "code":
            _prepare(cell, words)
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python", "pygments_lexer": LEXER},
    }
    library: Any = nbformat
    return str(library.writes(notebook))


def title_of(path: Path) -> str:
    """Its first heading."""
    notebook: Any = read_notebook(path)
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line[2:].strip())
    raise LookupError(f"{path.name} has no title")


def find_cell(path: Path, ending: str) -> Any:
    """The cell whose id ends so; None when there is none."""
    notebook: Any = read_notebook(path)
    return next((cell for cell in notebook.cells if cell.get("id", "").endswith(ending)), None)


def _take_outputs(notebook: Any, executed: Any) -> None:
    """Of each cell that ran with the very code that it has here."""
    ran = {cell.get("id"): cell for cell in executed.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        same = ran.get(cell.get("id"))
        if cell.cell_type == "code" and same is not None and same.source == cell.source:
            cell.outputs, cell.execution_count = same.outputs, same.execution_count


def _tags(cell: Any) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _prepare(cell: Any, words: Words) -> None:
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    # In a run nobody does the exercises: that each is not done yet tells a reader nothing.
    shown = [] if _EXERCISES & _tags(cell) else cell.get("outputs", [])
    cell.outputs = [_output(output, words) for output in shown]
    for output in cell.outputs:
        if "image/png" in output.get("data", {}):
            # What a plot says of itself is what whoever cannot see it hears.
            cell.metadata["mystnb"] = {"image": {"alt": output.data["text/plain"]}}


def _output(output: Any, words: Words) -> Any:
    if output.output_type == "stream":
        output.text = redact(_COLOUR.sub("", output.text))
        return output
    if output.output_type == "error":
        output.traceback = [redact(_COLOUR.sub("", line)) for line in output.traceback]
        output.evalue = redact(output.evalue)
        return output
    data = dict(output.data)
    data.pop(_WIDGET, None)
    if TRANSCRIPT in data:
        data = {"text/markdown": redact(_transcript(data[TRANSCRIPT], words))}
    if "text/html" in data:
        data = {"text/html": redact(_html(data["text/html"]))}
    if "text/plain" in data:
        data["text/plain"] = redact(_COLOUR.sub("", data["text/plain"]))
    output.data = {kind: value for kind, value in data.items() if not kind.endswith("+json")}
    output.metadata = {}
    return output


def _transcript(record: dict[str, Any], words: Words) -> str:
    """The commands of a step with what they printed, and what it typed when it was done before."""
    parts = []
    if record.get("why"):
        parts.append(f"**{plain(record['title'])}: {record['status']}**. {plain(record['why'])}\n")
    for item in record["commands"]:
        parts.append(fence(redact(item["text"]), "bash", caption=f"{item['machine']}$"))
        output = _COLOUR.sub("", item["output"]).rstrip()
        if output:
            lines = output.count("\n") + 1
            about = words("output, {lines} lines", lines=lines)
            about = words("output, 1 line") if lines == 1 else about
            if item["exit_code"]:
                about += f", {words('exit status {status}', status=item['exit_code'])}"
            parts.append(folded(about, fence(output), open_=lines < _FEW_LINES))
    if past := record.get("past"):
        typed = [fence(c["text"], "bash", caption=f"{c['machine']}$") for c in past["commands"]]
        parts.append(folded(plain(past["about"]), "\n".join(typed)))
    return "\n".join(parts)


def _html(text: str) -> str:
    """The same without what belongs to JupyterLab: its style, its buttons, its scripts."""
    soup = BeautifulSoup(text, "html.parser")
    for unwanted in soup.find_all(["style", "script", "button"]):
        unwanted.decompose()
    for element in soup.find_all(True):
        for name in [name for name in element.attrs if name.startswith("on")]:
            del element[name]
    for empty in soup.find_all("th"):
        if not empty.get_text(strip=True):
            empty.name = "td"  # it heads nothing
            empty.attrs.pop("scope", None)
    for table in soup.find_all("table"):
        table.attrs.pop("border", None)
        if "wide" not in (table.parent.get("class") or []) if table.parent else True:
            table.wrap(soup.new_tag("div", attrs={"class": "wide", "tabindex": "0"}))
    return str(soup)
