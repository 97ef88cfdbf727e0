"""What a machine is and may become is said in ``pocket/machines``: the rooms above ask it."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

import owlab
from owlab.pocket.machines import state
from owlab.pocket.machines.snapshots import Snapshot

POCKET = Path(owlab.__file__).parent / "pocket"
RECORDS = [kind for kind in vars(state).values() if dataclasses.is_dataclass(kind)]
FIELDS = {one.name for one in dataclasses.fields(state.MachineState)}
WRITTEN = {one.name for kind in (*RECORDS, Snapshot) for one in dataclasses.fields(kind)}
OF_OTHERS = {
    ("active", "book"),  # of aliases
    ("since", "question"),  # of journalctl
    ("source", "run"),  # of rsync
    ("source", "machine.files.look"),  # what makes a file's content
}
"""Fields of the same name."""


def into_state(tree: ast.AST) -> Iterator[str]:
    """Where a machine's state is reached for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            of = ast.unparse(node.value)
            a_machine = of.rpartition(".")[2] in ("machine", "server", "source")
            if (a_machine and node.attr == "state") or (
                of.endswith(".state") and node.attr in FIELDS
            ):
                yield ast.unparse(node)


def written(tree: ast.AST) -> Iterator[str]:
    """Fields of a machine's records that are given another value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            of = ast.unparse(node.value)
            other = of == "self" or (node.attr, of.partition("(")[0]) in OF_OTHERS
            if node.attr in WRITTEN and not other:
                yield ast.unparse(node)


@pytest.mark.parametrize("room", ["programs", "multipass", "shell", "service"])
def test_rules_of_machines_are_in_their_room(room: str) -> None:
    found = []
    for path in sorted((POCKET / room).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found += [f"{path.name}: {text}" for text in (*into_state(tree), *written(tree))]
    assert found == []


@pytest.mark.parametrize(
    ("room", "known"),
    [
        ("service", {"catalog"}),
        ("multipass", {"base"}),
        ("shell", {"base", "bash_help", "boundary", "catalog", "history", "processes", "shells"}),
    ],
)
def test_what_is_above_programs_takes_no_rule_out_of_them(room: str, known: set[str]) -> None:
    """What more than one room goes by belongs below: programs are looked for, started, extended."""
    found = set()
    for path in (POCKET / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "owlab.pocket.programs":
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                _, _, module = (node.module or "").partition("owlab.pocket.programs.")
                found |= {module.partition(".")[0]} - {""}
    assert found == known


@pytest.mark.parametrize(
    "line",
    [
        "call.machine.state.exports = []",
        "machine.state.units.pop(unit)",
        "record.enabled = True",
        "one.state.mounts.append(entry)",
        "a, record.secret = 1, 2",
        "del record.tokens",
        "record.since += text",
    ],
)
def test_what_would_be_noticed(line: str) -> None:
    tree = ast.parse(line)
    assert [*into_state(tree), *written(tree)]
