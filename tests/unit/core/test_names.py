"""One word means one thing: names of classes and of files, and words that tell nobody anything."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "owlab"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py"))
RIDDLES = {
    "parts", "keeping", "given", "door", "world", "shape", "records", "finding", "findings",
    "utils", "helpers", "misc", "common", "stuff", "things", "together", "aside", "led", "kept",
    "joined", "asking", "diary", "warden", "custody", "lean", "hidden",
}  # fmt: skip
MOST_ROOMS = 2
"""A name stands in two rooms where they mirror one another, such as a step and its exercise."""


def test_a_class_name_is_there_once():
    homes: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(str(path.relative_to(PACKAGE)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_a_file_name_is_in_two_rooms_at_most():
    rooms: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        if path.name != "__init__.py":
            rooms[path.name].append(str(path.parent.relative_to(PACKAGE)))
    assert {name: found for name, found in rooms.items() if len(found) > MOST_ROOMS} == {}


def test_no_name_of_a_file_is_a_riddle():
    assert [path for path in SOURCES if RIDDLES & set(path.stem.split("_"))] == []


def test_no_name_of_a_class_is_a_riddle():
    names = {
        node.name: {word.lower() for word in re.findall(r"[A-Z][a-z]+", node.name)}
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    assert [name for name, words in names.items() if words & (RIDDLES | {"words"})] == []
