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
