"""What is printed looks like Helm's."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.programs.helm.engine import hooks_of, merge
from owlab.pocket.programs.helm.invocation import log_line
from owlab.pocket.programs.helm.resources import aligned, documents
from owlab.pocket.programs.helm.tables import (
    ansic,
    as_json,
    as_yaml,
    long_time,
    status_text,
    table,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)


def release(**info: Any) -> dict[str, Any]:
    return {
        "name": "openwhisk-nfs",
        "namespace": "default",
        "version": 1,
        "info": {
            "status": "deployed",
            "description": "Install complete",
            "last_deployed": "2024-05-08T18:15:14.123Z",
            **info,
        },
        "hooks": [],
        "manifest": "",
    }


def test_a_table_pads_its_cells_and_separates_them_by_tabs() -> None:
    assert table(("NAME", "URL"), [("a", "https://x"), ("longer", "y")]) == (
        "NAME  \tURL      \na     \thttps://x\nlonger\ty        \n"
    )
    assert table(("A", "B"), [("x" * 60, "y")], 10).splitlines()[1] == "xxxxxxx...\ty"


@given(st.lists(st.tuples(st.text("abc", max_size=9), st.text("abc", max_size=9)), max_size=5))
def test_columns_line_up(rows: list[tuple[str, str]]) -> None:
    lines = table(("FIRST", "SECOND"), rows).splitlines()
    assert len({line.index("\t") for line in lines}) == 1


def test_status_as_the_guide_shows_it() -> None:
    assert status_text(release()) == (
        "NAME: openwhisk-nfs\n"
        "LAST DEPLOYED: Wed May  8 18:15:14 2024\n"
        "NAMESPACE: default\n"
        "STATUS: deployed\n"
        "REVISION: 1\n"
        "DESCRIPTION: Install complete\n"
        "TEST SUITE: None\n"
    )


def test_tests_that_have_not_run_are_not_shown() -> None:
    shown = release(notes="\nHello\n\n")
    shown["hooks"] = [{"name": "t", "events": ["test"], "last_run": {"started_at": ""}}]
    assert status_text(shown).endswith("DESCRIPTION: Install complete\nNOTES:\nHello\n")
    shown["hooks"][0]["last_run"] = {
        "started_at": "2024-05-08T18:15:14Z",
        "completed_at": "2024-05-08T18:15:15Z",
        "phase": "Succeeded",
    }
    assert (
        "TEST SUITE:     t\n"
        "Last Started:   Wed May  8 18:15:14 2024\n"
        "Last Completed: Wed May  8 18:15:15 2024\n"
        "Phase:          Succeeded\n"
    ) in status_text(shown)


@pytest.mark.parametrize(
    ("stamp", "short", "long"),
    [
        ("", "", ""),
        ("0001-01-01T00:00:00Z", "", ""),
        (
            "2026-11-03T08:05:09.120Z",
            "Tue Nov  3 08:05:09 2026",
            "2026-11-03 08:05:09.12 +0000 UTC",
        ),
        ("2026-11-23T08:05:09Z", "Mon Nov 23 08:05:09 2026", "2026-11-23 08:05:09 +0000 UTC"),
    ],
)
def test_times(stamp: str, short: str, long: str) -> None:
    assert ansic(stamp) == short
    assert long_time(stamp) == long


@given(plain)
def test_json_and_yaml_keep_their_value(value: Any) -> None:
    assert json.loads(as_json(value)) == value
    assert yaml.safe_load(as_yaml(value)) == value


def test_nothing_is_null_and_an_empty_map_is_one() -> None:
    assert (as_yaml(None), as_yaml({})) == ("null\n", "{}\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "level=WARN msg=plain"),
        ("two words", 'level=WARN msg="two words"'),
        (
            "release name check failed error=cannot reuse a name",
            'level=WARN msg="release name check failed" error="cannot reuse a name"',
        ),
    ],
)
def test_log_lines(text: str, line: str) -> None:
    assert log_line("WARNING", text) == line


@given(plain, plain)
def test_merging_is_by_key_and_the_later_wins(base: Any, over: Any) -> None:
    result = merge({"x": base, "kept": 1}, {"x": over})
    assert result["kept"] == 1
    if not (isinstance(base, dict) and isinstance(over, dict)):
        assert result["x"] == over


def test_lists_merge_by_index_only_where_asked() -> None:
    assert merge({"a": [1, 2]}, {"a": [None, 3]}, True) == {"a": [1, 3]}
    assert merge({"a": [1, 2]}, {"a": [3]}) == {"a": [3]}


def test_hooks_are_found_among_documents() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations:\n"
        '    "helm.sh/hook": test-success\n---\nkind: ConfigMap\nmetadata: {name: c}\n'
    )
    (hook,) = hooks_of({"c/templates/t.yaml": text})
    assert (hook["name"], hook["kind"], hook["events"]) == ("t", "Pod", ["test"])
    assert hook["path"] == "c/templates/t.yaml"


def test_documents_of_a_manifest() -> None:
    manifest = "---\n# Source: a\nkind: A\nmetadata: {name: a}\n---\n\n---\nkind: B\n"
    assert [document["kind"] for document in documents(manifest)] == ["A", "B"]


def test_aligned_columns_have_no_trailing_space() -> None:
    assert aligned([["NAME", "AGE"], ["a", "1s"]]) == "NAME   AGE\na      1s\n"
