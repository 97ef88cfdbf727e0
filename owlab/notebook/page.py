"""Small pieces of HTML, and one way to show something in all its forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """<style>
.owlab { font-family: var(--jp-content-font-family, system-ui, sans-serif); font-size: .92rem; }
.owlab.owlab pre { white-space: pre; overflow-x: auto; margin: .2rem 0 .4rem; padding: .4rem .6rem;
  border-left: 3px solid #8aa; background: rgba(128, 128, 128, .08); }
.owlab.owlab pre, .owlab.owlab pre code { font-family: var(--jp-code-font-family, monospace); }
.owlab.owlab pre code { white-space: pre-wrap; background: none; padding: 0; }
.owlab.owlab table { border-collapse: collapse; }
.owlab.owlab td, .owlab.owlab th { text-align: left !important; vertical-align: top;
  padding: .15rem .6rem .15rem 0; }
.owlab .good { color: #0b7a34; font-weight: 700; } .owlab .bad { color: #b3161d; font-weight: 700; }
.owlab .faint { opacity: .7; } .owlab summary { cursor: pointer; }
.owlab .copy { float: right; font-size: .8em; }
</style>"""


def show(html: str, plain: str, records: dict[str, Any] | None = None) -> None:
    """Display as HTML, as text, and as a record for programs."""
    from IPython import display

    ipython: Any = display  # its functions have no types
    ipython.display(bundle(html, plain, records), raw=True)


def bundle(html: str, plain: str, records: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same, for a display handle that is updated."""
    return {
        **(records or {}),
        "text/html": f'{STYLE}<div class="owlab">{html}</div>',
        "text/plain": plain,
    }


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML already."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same as text, in columns."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def command(machine: str, text: str) -> str:
    """A command with its machine and a button that copies it."""
    copy = (
        '<button class="copy" aria-label="Copy this command" onclick="navigator.clipboard'
        ".writeText(this.parentElement.querySelector('code').textContent)\">Copy</button>"
    )
    return (
        f'<div>{copy}<span class="faint">{escape(machine)}$</span> '
        f"<pre><code>{escape(text)}</code></pre></div>"
    )
