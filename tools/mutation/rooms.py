"""Which tests are about a module: by its room, and by what they import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

TESTS = {
    "": "unit/core unit/machines golden guide/test_script.py",
    "batch": "unit/batch",
    "classroom": "unit/classroom",
    "cli": "unit/cli guide/test_outside.py",
    "incidents": "incidents",
    "machines": "unit/machines golden unit/cli",
    "notebook": "unit/notebook unit/cli guide/test_exercises.py",
    "steps": "golden guide/test_outside.py guide/test_undoing.py guide/test_what_went_wrong.py",
    "pocket": "pocket/service pocket/machines pocket/kube_api",
    "pocket/bash": "pocket/shell pocket/machines pocket/programs",
    "pocket/client": "pocket/client pocket/service guide/test_containers.py",
    "pocket/ground": "pocket/service pocket/kube_api pocket/machines",
    "pocket/kube": "pocket/controllers pocket/kube_api clients",
    "pocket/machines": "pocket/machines pocket/programs pocket/service",
    "pocket/multipass": "pocket/machines pocket/service",
    "pocket/network": "pocket/controllers pocket/programs clients",
    "pocket/openwhisk": "pocket/openwhisk pocket/wsk clients/test_openwhisk_curl.py",
    "pocket/programs": "pocket/programs pocket/wsk pocket/helm",
    "pocket/programs/helm": "pocket/helm",
    "pocket/programs/wsk": "pocket/wsk",
    "pocket/service": "pocket/service pocket/machines",
    "pocket/shell": "pocket/shell pocket/machines pocket/programs",
}
"""The tests of each room, below ``tests/``; the longest room that fits counts."""


def room(module: Path) -> str:
    """The room that a module is in, a key of :data:`TESTS`."""
    folder = module.parent.as_posix().removeprefix("owlab").lstrip("/")
    fits = [room for room in TESTS if not room or f"{folder}/".startswith(f"{room}/")]
    return max(fits, key=len)


def naming(module: Path, root: Path) -> set[str]:
    """The files of tests that import the module, or have its name."""
    name = ".".join(module.with_suffix("").parts)
    parent, _, stem = name.rpartition(".")
    imports = (name, f"from {parent} import {stem}")
    return {
        str(file.relative_to(root))
        for file in (root / "tests").rglob("test_*.py")
        if stem.rstrip("s") in file.stem or any(text in file.read_text("utf-8") for text in imports)
    }


def distance(test: str, module: Path) -> int:
    """How far a test is from a module: the place of its folder among those of the room."""
    names = TESTS[room(module)].split()
    fits = (n for n, name in enumerate(names) if test.startswith(f"tests/{name}"))
    return next(fits, len(names))


def nearest_first(module: Path, root: Path) -> list[str]:
    """The files of its room's tests, those first that name the module: they fail soonest."""
    about = naming(module, root)
    files = [str(file.relative_to(root)) for file in _files(module, root)]
    return sorted(files, key=lambda file: (file not in about, file))


def _files(module: Path, root: Path) -> Iterator[Path]:
    for name in TESTS[room(module)].split():
        path = root / "tests" / name
        yield from [path] if path.is_file() else sorted(path.rglob("test_*.py"))
