"""Who may import whom, and that every step has its room: contracts, kept by tests."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import owlab
from owlab.guide import STEPS

ROOT = Path(owlab.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def test_who_may_import_whom():
    """The contracts of pyproject.toml."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_island_is_told_of_every_room():
    """A module that the contract does not name could be imported by the pocket lab."""
    settings = tomllib.loads((ROOT.parent / "pyproject.toml").read_text("utf-8"))
    [island] = (
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if "island:" in contract["name"]
    )
    rooms = {path.stem for path in ROOT.glob("*.py")} - {"__init__", "__main__"}
    rooms |= {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"pocket"}
    assert {f"owlab.{room}" for room in rooms} == set(island["forbidden_modules"])


def test_the_cluster_has_no_word_for_openwhisk():
    """What lives in it brings what is said of it: controllers, images, what listens."""
    for path in (ROOT / "pocket" / "kube").rglob("*"):
        if path.suffix in (".py", ".toml", ".yaml"):
            assert "whisk" not in path.read_text("utf-8").lower(), path


def test_a_step_does_not_ask_for_its_provider():
    for path in (ROOT / "steps").rglob("*.py"):
        assert "config.provider" not in path.read_text("utf-8"), path


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
