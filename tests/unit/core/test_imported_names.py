"""What notebooks, the site and tools import of owlab is there: they run in slow tests only."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(
    path for name in ("website", "tools", "bench") for path in (ROOT / name).rglob("*.py")
)
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def sources(path: Path) -> Iterator[str]:
    """The module's text, or that of each cell that is Python."""
    if path.suffix == ".py":
        yield path.read_text("utf-8")
        return
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"])


def imported(path: Path) -> set[tuple[str, str]]:
    """Modules of owlab, and the names that are imported from them."""
    found: set[tuple[str, str]] = set()
    for source in sources(path):
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue  # a cell with a magic
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("owlab"):
                found |= {(str(node.module), alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {(a.name, "") for a in node.names if a.name.startswith("owlab")}
    return found


@pytest.mark.parametrize("path", [*NOTEBOOKS, *SCRIPTS], ids=lambda p: str(p.relative_to(ROOT)))
def test_what_is_imported_is_there(path: Path) -> None:
    for module, name in sorted(imported(path)):
        made = importlib.import_module(module)
        if name and not hasattr(made, name):
            importlib.import_module(f"{module}.{name}")
