"""Small pieces of HTML, and one way to show something in all its forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from rich.cells import cell_len

from owlab.language import N_, _

COPY, COPY_THIS = N_("Copy"), N_("Copy this command")

STYLE = """<style>
.owlab { font-family: var(--jp-content-font-family, system-ui, sans-serif); font-size: .92rem; }
.owlab.owlab pre, .owlab.owlab pre code { white-space: pre; overflow-wrap: normal;
  word-break: normal; font-family: var(--jp-code-font-family, monospace); }
.owlab.owlab pre { overflow-x: auto; margin: .2rem 0 .4rem; padding: .4rem .6rem;
  border-left: 3px solid #8aa; background: rgba(128, 128, 128, .08); }
.owlab.owlab pre code { background: none; padding: 0; }
.owlab .wide { overflow-x: auto; }
.owlab.owlab table { border-collapse: collapse; table-layout: auto; }
.owlab.owlab td, .owlab.owlab th { text-align: left !important; vertical-align: top;
  padding: .15rem .6rem .15rem 0; white-space: normal; overflow-wrap: normal;
  word-break: normal; }
.owlab .good { color: var(--good, #0b7a34); font-weight: 700; }
.owlab .bad { color: var(--bad, #b3161d); font-weight: 700; }
.owlab td > .good, .owlab td > .bad { white-space: nowrap; }
[data-jp-theme-light="false"] .owlab .good { color: #6fdc97; }
[data-jp-theme-light="false"] .owlab .bad { color: #ff9a9a; }
.owlab summary { cursor: pointer; }
.owlab .typed { display: flex; justify-content: space-between; align-items: end; gap: .6rem; }
.owlab .copy { font: inherit; font-size: .8em; min-width: 5.5em; padding: .1rem .5rem;
  border: 1px solid rgba(128, 128, 128, .7); border-radius: 3px; background: transparent;
  color: inherit; cursor: pointer; }
.owlab .copy:hover { background: rgba(128, 128, 128, .2); }
</style>"""


def _copy_script() -> str:
    """What the button does, in an attribute: so with single quotes only."""
    copy, label, copied, refused = (
        json.dumps(_(word))[1:-1].replace("'", "\\'")
        for word in (COPY, COPY_THIS, N_("Copied"), N_("Not allowed"))
    )
    return (
        "(function(b){"
        "var text=b.closest('.owlab-command').querySelector('code').textContent;"
        "function said(word){b.textContent=word;b.setAttribute('aria-label',word);"
        f"setTimeout(function(){{b.textContent='{copy}';"
        f"b.setAttribute('aria-label','{label}')}},2000)}}"
        # Where the page has no clipboard (http to another computer), the old way still works.
        "function old(){var a=document.createElement('textarea');a.value=text;"
        "a.setAttribute('readonly','');a.style.position='fixed';a.style.opacity='0';"
        "document.body.appendChild(a);a.select();var done=false;"
        "try{done=document.execCommand('copy')}catch(error){}"
        f"a.remove();b.focus();said(done?'{copied}':'{refused}')}}"
        "if(navigator.clipboard){navigator.clipboard.writeText(text)"
        f".then(function(){{said('{copied}')}},old)}}else{{old()}}"
        "})(this)"
    )


def show(html: str, plain: str, records: dict[str, Any] | None = None) -> None:
    """Display as HTML, as text, and as a record for programs."""
    from IPython import display

    ipython: Any = display  # its functions have no types
    ipython.display(bundle(html, plain, records), raw=True)


def handle() -> Any:
    """A display that is updated later; it begins with a sign of life."""
    from IPython.display import DisplayHandle

    made: Any = DisplayHandle()  # type: ignore[no-untyped-call]
    made.display({"text/plain": "..."}, raw=True)
    return made


def bundle(html: str, plain: str, records: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same, for a display handle that is updated."""
    return {
        **(records or {}),
        "text/html": f'{STYLE}<div class="owlab">{html}</div>',
        "text/plain": plain,
    }


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML already. A wide one scrolls."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same as text, in columns."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def prose(text: str) -> str:
    """A sentence of ours; what stands between backticks is code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def output(text: str) -> str:
    """What a command printed: as it is, scrolling when it is wide, also by keyboard."""
    return f'<pre tabindex="0">{escape(text)}</pre>'


def command(machine: str, text: str) -> str:
    """A command with its machine and a button that copies it."""
    copy = (
        f'<button type="button" class="copy" aria-label="{escape(_(COPY_THIS))}" '
        f'onclick="{_copy_script()}">{escape(_(COPY))}</button>'
    )
    return (
        f'<div class="owlab-command"><div class="typed"><span class="faint">{escape(machine)}$'
        f'</span>{copy}</div><pre tabindex="0"><code>{escape(text)}</code></pre></div>'
    )


def error(brief: str, details: str = "", resolution: str = "") -> str:
    """A failure: what happened first, then what was seen, then what to do."""
    parts = [f'<div role="alert"><span class="bad">{prose(brief)}</span>']
    if details:
        parts.append(output(details))
    if resolution:
        parts.append(f"<div><strong>{escape(_('What to do:'))}</strong> {prose(resolution)}</div>")
    return "".join(parts) + "</div>"
