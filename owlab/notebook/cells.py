"""The cells of the notebook that a kernel belongs to: which one makes a name."""

from __future__ import annotations

import ast
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from owlab.language import _

_HEADING = re.compile(r"^#+ (.+)$", re.M)


def making(name: str, notebook: Path | None = None) -> str:
    """The cell that makes a variable, for people; empty when there is none, or no notebook.

    :param notebook: None means the one that Jupyter's server named when it started the kernel.
    """
    path = notebook or _own()
    if not name or path is None:
        return ""
    heading = ""
    for cell in _read(path):
        source = "".join(cell.get("source", ""))
        if cell.get("cell_type") == "markdown":
            found = _HEADING.findall(source)
            heading = found[-1].strip() if found else heading
        elif name in _made_by(source):
            first = next(line for line in source.splitlines() if line.strip())
            return _("under “{heading}”; it begins with:\n    {first}").format(
                heading=heading, first=first
            )
    return ""


def _own() -> Path | None:
    named = os.environ.get("JPY_SESSION_NAME", "")
    path = Path(named)
    return path if named.endswith(".ipynb") and path.is_file() else None


def _read(path: Path) -> list[dict[str, Any]]:
    import nbformat

    with suppress(Exception):  # nbformat raises a dozen types; this only helps with an error
        library: Any = nbformat
        return list(library.read(path, as_version=4).cells)
    return []


def _made_by(source: str) -> set[str]:
    """The names that a cell makes at its top level."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return set()
    made: set[str] = set()
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        else:
            made |= {
                item.id
                for item in ast.walk(node)
                if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
            }
    return made
