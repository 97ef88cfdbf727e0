"""Who may import whom, and that every step has its room: contracts, kept by tests."""

import ast
from pathlib import Path

import pytest

import owlab
from owlab.guide import STEPS

ROOT = Path(owlab.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def within(path: Path, folder: str) -> bool:
    return path.is_relative_to(ROOT / folder)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_layers(path: Path):
    names = imports(path)
    pocket = {name for name in names if name.startswith("owlab.pocket")}
    if within(path, "pocket"):
        outside = {n for n in names if n.startswith("owlab") and n not in ("owlab", *pocket)}
        assert not outside, "the pocket lab is an island"
    elif path != ROOT / "machines" / "pocket.py":
        assert not pocket, "only owlab.machines.pocket opens the pocket lab's door"
    if path != ROOT / "shell.py":
        assert "sh" not in names, "owlab.shell is the one door to processes"
    if within(path, "steps"):
        text = path.read_text("utf-8")
        assert "config.provider" not in text, "a step does not know its provider"
        assert "owlab.machines" not in names


def test_every_step_has_its_section_and_topic():
    for step in STEPS:
        topic, _, name = step.key.partition(".")
        assert (ROOT / "steps" / f"{topic}.py").exists()
        module = __import__(f"owlab.steps.{topic}", fromlist=[name])
        assert getattr(module, name) is step


def test_what_a_step_needs_comes_before_it_in_the_guide():
    before: list[object] = []
    for step in STEPS:
        assert all(need in before for need in step.needs), step
        before.append(step)


def test_every_module_says_what_it_is_for():
    for path in FILES:
        text = path.read_text("utf-8")
        if text.strip():
            assert ast.get_docstring(ast.parse(text)), path


def test_files_stay_small():
    for path in FILES:
        assert len(path.read_text("utf-8").splitlines()) <= 500, path
