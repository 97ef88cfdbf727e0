"""The pocket lab asks the time of day in one place, so that a test, or a lab, can have another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.unit.core.test_names import PACKAGE

POCKET = PACKAGE / "pocket"
CLOCK = POCKET / "ground" / "clock.py"
TIMES = {"time", "time_ns"}
DATES = {"now", "utcnow", "today"}
OF_NOW_WITHOUT = {"gmtime": 1, "localtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}
"""Functions of `time`: with fewer arguments than this they mean the present."""


def asked(tree: ast.AST) -> Iterator[int]:
    """Lines that ask the computer for the time of day."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for name in node.names if name.name not in {"sleep"})
        if isinstance(node, ast.Attribute):
            of = ast.unparse(node.value)
            if (of == "time" and node.attr in TIMES) or (
                of.split(".")[-1] in ("datetime", "date") and node.attr in DATES
            ):
                yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            least = OF_NOW_WITHOUT.get(node.func.attr, 0)
            if ast.unparse(node.func.value) == "time" and len(node.args) < least:
                yield node.lineno


def test_the_pocket_lab_has_one_clock():
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in POCKET.rglob("*.py")
        if path != CLOCK and (lines := list(asked(ast.parse(path.read_text("utf-8")))))
    }
    assert found == {}


def test_what_counts_as_asking():
    for text in (
        "time.time()", "x = field(default_factory=time.time)", "time.time_ns()",
        "datetime.now(UTC)", "datetime.datetime.now()", "datetime.date.today()",
        "time.gmtime()", "time.strftime('%F')", "from time import time",
    ):  # fmt: skip
        assert list(asked(ast.parse(text))) == [1], text
    for text in ("time.monotonic()", "clock.now()", "time.gmtime(x)", "time.strftime('%F', y)"):
        assert list(asked(ast.parse(text))) == [], text
