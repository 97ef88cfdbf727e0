"""A table of the lab: rows, columns, and what one asks of them, without pandas."""

from __future__ import annotations

import copy
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from owlab.notebook.lab_table import LabTable

PODS = LabTable(
    ("name", "status", "age_s"),
    [
        {"name": "a", "status": "Running", "age_s": 30, "more": 1},
        {"name": "<b>", "status": "Pending", "age_s": 200},
        {"name": "c", "status": "Running"},
    ],
)


def test_rows_columns_and_parts() -> None:
    assert PODS["name"] == ["a", "<b>", "c"]
    assert PODS[0] == {"name": "a", "status": "Running", "age_s": 30}
    assert PODS[2]["age_s"] is None, "each row has all columns"
    assert PODS[1:].rows == PODS.rows[1:]
    assert [row["name"] for row in PODS] == PODS["name"]
    assert (len(PODS), bool(PODS.where(status="Failed"))) == (3, False)


def test_rows_that_are_so_and_their_order() -> None:
    assert PODS.where(status="Running")["name"] == ["a", "c"]
    assert PODS.where(lambda pod: pod["name"] > "b")["name"] == ["c"]
    assert PODS.where(lambda pod: pod["name"] > "b", status="Pending")["name"] == []
    assert PODS.ordered("name", largest_first=True)["name"] == ["c", "a", "<b>"]
    assert PODS.ordered("status")["name"] == ["<b>", "a", "c"], "as they were, where it is the same"
    assert PODS.only("status", "name").columns == ("status", "name")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: PODS["nmae"],
        lambda: PODS.where(nmae="a"),
        lambda: PODS.ordered("nmae"),
        lambda: PODS.only("name", "nmae"),
    ],
)
def test_a_column_that_is_not_there_is_refused_with_those_that_are(ask: Any) -> None:
    with pytest.raises(KeyError, match="no column 'nmae'; columns: name, status, age_s"):
        ask()


def test_it_shows_itself() -> None:
    table = LabTable(
        ("what", "seconds", "time", "good", "none"),
        [
            {
                "what": "汉字",
                "seconds": 1.23456,
                "time": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                "good": True,
            },
            {"what": "x"},
        ],
    )
    assert repr(table).splitlines() == [
        "what  seconds  time                 good  none",
        "汉字  1.235    2026-01-02 03:04:05  True",
        "x",
    ]
    shown = PODS._repr_mimebundle_()
    assert "&lt;b&gt;" in shown["text/html"]
    assert '<th scope="col">status</th>' in shown["text/html"]
    assert shown["text/plain"] == repr(PODS)


def test_it_becomes_a_frame_on_request_and_says_so() -> None:
    assert list(PODS.frame()["name"]) == PODS["name"]
    with pytest.raises(AttributeError, match=r"no 'groupby'.*\.frame\(\)"):
        PODS.groupby("status")
    assert copy.deepcopy(PODS).rows == PODS.rows


def test_showing_one_loads_no_pandas() -> None:
    line = (
        "import sys\n"
        "from owlab.notebook import plots, tables\n"
        "from owlab.notebook.lab_table import LabTable\n"
        "LabTable(('a',), [{'a': 1}])._repr_mimebundle_()\n"
        "plots.calls([]); plots.starts([])\n"
        "print('pandas' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False False\n", done.stderr
