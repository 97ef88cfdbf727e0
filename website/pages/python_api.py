"""What a notebook calls, from the docstrings: whatever the course's notebooks import is listed."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from owlab.batch.course import read_notebook
from owlab.guide import STEPS
from website.markdown import code, table

_STEPS = "owlab.steps."


def page(notebooks: list[Path]) -> str:
    """The lab, the steps, the helpers, the errors."""
    imported = sorted({pair for path in notebooks for pair in _imports(path)})
    steps = {name for module, name in imported if module == _STEPS.rstrip(".")}
    helpers = [pair for pair in imported if pair[0].startswith("owlab.notebook")]
    others = [_documented("autofunction", name) for name in commands_beside(sorted(steps))]
    lines = ["## owlab\n", _documented("autoclass", "owlab.Lab", "members", "inherited-members")]
    lines += [_documented("autoclass", f"owlab.{name}") for name in ("Command", "Result")]
    lines += ["## owlab.steps\n", _steps(), *others]
    lines += ["## owlab.notebook\n", *_helpers(helpers)]
    lines += ["## owlab.errors\n", _documented("automodule", "owlab.errors", "members")]
    return "\n".join(lines)


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Modules and the names that a notebook takes from them."""
    notebook: Any = read_notebook(path)
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.source.startswith("%%"):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("owlab"):
                yield from ((str(node.module), name.name) for name in node.names)


def _documented(directive: str, name: str, *options: str) -> str:
    lines = [f"```{{eval-rst}}\n.. {directive}:: {name}", *(f"   :{o}:" for o in options)]
    return "\n".join([*lines, "```\n"])


def _steps() -> str:
    """What is called with a lab."""
    rows = [(code(f"{step.key}(lab)"), step.section, step.title) for step in STEPS]
    return table(("Call", "Section", "What it does"), rows)


def commands_beside(modules: list[str]) -> Iterator[str]:
    """Functions beside the steps that type something: the guide's other useful commands."""
    for name in modules:
        module = importlib.import_module(_STEPS + name)
        for function, found in vars(module).items():
            own = inspect.isfunction(found) and found.__module__ == module.__name__
            if own and not function.startswith("_") and "Result" in str(_returns(found)):
                yield f"{module.__name__}.{function}"


def _returns(function: Any) -> Any:
    return inspect.get_annotations(function).get("return", "")


def _helpers(imported: list[tuple[str, str]]) -> Iterator[str]:
    for module, name in imported:
        found = getattr(importlib.import_module(module), name, None)
        if found is None:
            found = importlib.import_module(f"{module}.{name}")
        full = f"{module}.{name}"
        if isinstance(found, ModuleType):
            yield _documented("automodule", full, "members")
        elif inspect.isclass(found):
            yield _documented("autoclass", full, "members")
        else:
            yield _documented("autofunction", full)
