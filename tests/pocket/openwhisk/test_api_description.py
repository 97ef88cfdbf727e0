"""The published description of the API: what each request may say, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client

PAGE = {"limit", "skip", "count"}


@pytest.fixture
async def paths(nobody: Client) -> dict[str, Any]:
    document = (await nobody.get("/api/v1/api-docs")).json()
    assert document["swagger"] == "2.0"
    found: dict[str, Any] = document["paths"]
    return found


def of(paths: dict[str, Any], end: str, method: str) -> dict[str, Any]:
    [path] = [path for path in paths if path.endswith(end)]
    found: dict[str, Any] = paths[path][method]
    return found


@pytest.mark.parametrize(
    ("end", "method", "query"),
    [
        ("}/actions", "get", PAGE),
        ("}/rules", "get", PAGE),
        ("}/triggers", "get", PAGE),
        ("}/packages", "get", PAGE),
        ("}/activations", "get", PAGE | {"since", "upto", "docs", "name"}),
        ("/triggers/{name}", "put", {"overwrite"}),
        ("/triggers/{name}", "post", set()),
        ("/triggers/{name}", "get", set()),
    ],
)
async def test_questions(paths, end, method, query):
    told = of(paths, end, method)["parameters"]
    assert {one["name"] for one in told if one["in"] == "query"} == query


async def test_answers(paths):
    fired = of(paths, "/triggers/{name}", "post")["responses"]
    assert {"200", "202", "204", "404", "429"} <= set(fired)
    listed = of(paths, "}/activations", "get")["responses"]
    assert set(listed) == {"200", "400", "401", "403", "404"}
    assert listed["200"]["schema"]["type"] == ["array", "object"]


REFUSED = "400 401 403"
MISSED = f"{REFUSED} 404 409"
SENT = f"{MISSED} 413 415"
CALLED = f"{SENT} 429 502 503"
ROWS, SAID = f"200 {REFUSED} 404", f"200 {MISSED}"
ENTITIES = {
    "actions/{name}": "Action",
    "actions/{package}/{name}": "Action",
    "rules/{name}": "Rule",
    "triggers/{name}": "Trigger",
    "packages/{name}": "Package",
}
OPERATIONS: dict[tuple[str, str], tuple[str, str, str, str]] = {
    **{(end, "get"): ("", "", kind, SAID) for end, kind in ENTITIES.items()},
    **{(end, "delete"): ("", "", kind, SAID) for end, kind in ENTITIES.items()},
    **{
        (end, "put"): ("overwrite", f"{kind}Put", kind, f"200 {SENT}")
        for end, kind in ENTITIES.items()
    },
    **{
        (name, "get"): ("count limit skip", "", kind, ROWS)
        for name, kind in (
            ("actions", "[Action]"),
            ("actions/{package}/", "[Action]"),
            ("rules", "[Rule]"),
            ("triggers", "[Trigger]"),
            ("packages", "[Package]"),
        )
    },
    **{
        (f"actions/{end}", method): found
        for end in ("{name}", "{package}/{name}")
        for method, found in (
            ("get", ("code", "", "Action", SAID)),
            ("post", ("blocking result", "Values", "", f"200 202 {CALLED}")),
        )
    },
    ("rules/{name}", "post"): ("", "RulePost", "", f"200 {SENT}"),
    ("triggers/{name}", "post"): ("", "Values", "", f"200 202 204 {CALLED}"),
    ("activations", "get"): ("count docs limit name since skip upto", "", "[Activation]", ROWS),
    ("activations/{id}", "get"): ("", "", "Activation", SAID),
    ("activations/{id}/{part}", "get"): ("", "", "", SAID),
    ("limits", "get"): ("", "", "", f"200 {REFUSED}"),
    ("/namespaces", "get"): ("", "", "", f"200 {REFUSED}"),
}


def named(schema: dict[str, Any]) -> str:
    """A schema by its definition's name; a list's in brackets."""
    if "items" in schema:
        return f"[{named(schema['items'])}]"
    return str(schema.get("$ref", "")).rpartition("/")[2]


async def test_every_operation(paths):
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for path, methods in paths.items():
        for method, told in methods.items():
            query = sorted(one["name"] for one in told["parameters"] if one["in"] == "query")
            bodies = [named(one["schema"]) for one in told["parameters"] if one["in"] == "body"]
            answers = told["responses"]
            bad = {code for code in answers if code >= "400" and "schema" in answers[code]}
            assert bad == {code for code in answers if code >= "400"} - {"502"}
            assert {named(answers[code]["schema"]) for code in bad} == {"Error"}
            place = path.removeprefix("/namespaces/{namespace}/")
            found[place, method] = (
                " ".join(query),
                " ".join(bodies),
                named(answers["200"].get("schema", {})),
                " ".join(sorted(answers)),
            )
            by_word = (place, method) == ("rules/{name}", "post")
            assert ("produces" in told) is by_word, "which is answered with a word"
    assert found == OPERATIONS
