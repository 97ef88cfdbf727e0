"""The HTML report of a run: one file, which opens without a network."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from owlab import redact
from owlab.batch.course import NotebookFile, read_notebook
from owlab.batch.evidence import NotebookOutcome
from owlab.batch.summary import RunSummary, write_whole
from owlab.language import N_, _
from owlab.notebook.checks import DONE_NOT_YET, PASS_FAIL
from owlab.notebook.mime import CHECK, EXERCISE, TRANSCRIPT
from owlab.notebook.page import prose

FILE = "report.html"

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
STATUSES = (*(N_("passed"), N_("failed"), N_("interrupted"), N_("not run"), N_("running")),)
"""Of runs and notebooks, as the template shows them."""

_LEFT_OUT = {"navigation", "papermill-error-cell-tag"}
"""Tags of prose that has no place here: links that the page has itself, papermill's banners."""

_PICTURE = re.compile(r'src="(pictures/[a-z-]+\.svg)"')
_LINK_TO_NOTEBOOK = re.compile(r'href="(\d\d-[a-z0-9-]+)\.ipynb(#[^"]*)?"')


@dataclass(slots=True)
class Block:
    """One thing to show: prose, or a code cell with what came of it."""

    kind: str
    html: str = ""
    source: str = ""
    seconds: float = 0.0
    ran: bool = True
    outputs: list[dict[str, Any]] = field(default_factory=list)
    expected: str = ""


@dataclass(slots=True)
class Chapter:
    """One notebook of the report."""

    outcome: NotebookOutcome
    blocks: list[Block]


def write(run: RunSummary, notebooks: list[NotebookFile]) -> Path:
    """Write ``report.html`` beside the executed notebooks."""
    sources = {notebook.name: notebook.path for notebook in notebooks}
    chapters = [
        Chapter(outcome, _blocks(run.directory / source.name, outcome, source.parent))
        for outcome in run.outcomes
        if (source := sources.get(outcome.name)) is not None
    ]
    environment = Environment(
        loader=PackageLoader("owlab.batch"),
        autoescape=select_autoescape(["j2"], default_for_string=True, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    environment.filters["prose"] = lambda text: Markup(prose(text))
    page = environment.get_template("report.html.j2").render(
        run=run, chapters=chapters, nonce=secrets.token_urlsafe(16)
    )
    path = run.directory / FILE
    write_whole(path, redact.redact(page))
    return path


def _blocks(path: Path, outcome: NotebookOutcome, folder: Path) -> list[Block]:
    try:
        notebook: Any = read_notebook(path)
    except Exception:
        # Whatever it is, the summary says already that there is nothing to read.
        return []
    seconds = {cell.id: cell.seconds for cell in outcome.cells}
    blocks: list[Block] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            html = _with_pictures(_prose(cell.source), folder)
            previous = blocks[-1] if blocks else None
            tags = cell.metadata.get("tags", [])
            if "expect" in tags and previous is not None and previous.kind == "code":
                previous.expected += html
            elif not _LEFT_OUT & set(tags):
                blocks.append(Block("prose", html=html))
        elif cell.cell_type == "code" and cell.source.strip():
            blocks.append(
                Block(
                    "code",
                    source=cell.source,
                    seconds=seconds.get(cell.get("id", ""), 0.0),
                    ran=isinstance(cell.get("execution_count"), int),
                    outputs=[_output(entry) for entry in cell.get("outputs", [])],
                )
            )
    return blocks


def _output(entry: Any) -> dict[str, Any]:
    """What a template needs to show one output."""
    if entry.output_type == "stream":
        return {"kind": "text", "text": _COLOUR.sub("", entry.text)}
    if entry.output_type == "error":
        return {"kind": "error", "text": _COLOUR.sub("", "\n".join(entry.traceback))}
    data = entry.get("data", {})
    if TRANSCRIPT in data:
        return {"kind": "transcript", **data[TRANSCRIPT]}
    for kind, words in ((CHECK, PASS_FAIL), (EXERCISE, DONE_NOT_YET)):
        if kind in data:
            return {"kind": "checks", "words": words, "checks": data[kind].get("checks", [])}
    if "image/svg+xml" in data:
        return {"kind": "html", "html": Markup(data["image/svg+xml"])}
    if "image/png" in data:
        return {
            "kind": "image",
            "data": data["image/png"].replace("\n", ""),
            "text": data.get("text/plain", _("a plot")),
        }
    if "text/html" in data:
        return {"kind": "html", "html": Markup(_named_headers(data["text/html"]))}
    if "text/markdown" in data:
        return {"kind": "html", "html": _prose(data["text/markdown"])}
    return {"kind": "text", "text": data.get("text/plain", "")}


def _with_pictures(html: Markup, folder: Path) -> Markup:
    """The course's drawings inside the page: it is one file, wherever it is sent."""

    def inside(found: re.Match[str]) -> str:
        picture = folder / found[1]
        if not picture.is_file():
            return found[0]
        data = base64.b64encode(picture.read_bytes()).decode()
        return f'src="data:image/svg+xml;base64,{data}"'

    return Markup(_PICTURE.sub(inside, html))


def _named_headers(html: str) -> str:
    """A header cell without a word, as pandas has in its corner, heads nothing."""
    return html.replace("<th></th>", "<td></td>")


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def _prose(source: str) -> Markup:
    """The notebooks' own text as HTML; links between notebooks become links inside the page."""
    html = _LINK_TO_NOTEBOOK.sub(r'href="#\1"', _markdown().render(source))
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>')
    return Markup(_named_headers(html.replace("</table>", "</table></div>")))
