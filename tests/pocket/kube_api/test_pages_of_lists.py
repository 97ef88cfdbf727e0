"""Lists: what is selected, page by page."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from owlab.pocket.kube.store import Store

from ..controllers.plain_store import namespace, obj, store_of
from .api_client import SPACE, client_of, names, status

MAPS = f"{SPACE}/configmaps"


@pytest.fixture
def store() -> Store:
    made = [obj("ConfigMap", name, metadata={"labels": {"app": name}}) for name in "edcba"]
    other = obj("ConfigMap", "b", metadata={"namespace": "a-team"})
    return store_of(namespace("a-team"), *made, other)


@pytest.fixture
async def api(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store) as client:
        yield client


@pytest.mark.parametrize(("limit", "pages"), [
    (1, ["a", "b", "c", "d", "e"]),
    (2, ["ab", "cd", "e"]),
    (5, ["abcde"]),
    (6, ["abcde"]),
    (0, ["abcde"]),
])  # fmt: skip
async def test_page_by_page(api, limit, pages):
    found, after, left = [], "", 5
    while True:
        answer = await api.get(f"{MAPS}?limit={limit}{after}")
        found.append("".join(names(answer)))
        left -= len(found[-1])
        meta = answer.json()["metadata"]
        assert meta.get("remainingItemCount", 0) == left
        if "continue" not in meta:
            break
        after = f"&continue={meta['continue']}"
    assert found == pages


async def test_pages_go_on_over_namespaces_and_keep_their_version(api, store):
    first = (await api.get("/api/v1/configmaps?limit=2")).json()
    assert [obj["metadata"]["namespace"] for obj in first["items"]] == ["a-team", "default"]
    store.create(obj("Secret", "later"))
    after = first["metadata"]["continue"]
    second = (await api.get(f"/api/v1/configmaps?limit=9&continue={after}")).json()
    assert [obj["metadata"]["name"] for obj in second["items"]] == list("bcde")
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


@pytest.mark.parametrize("selector", ["labelSelector=app", "fieldSelector=metadata.name!=z"])
async def test_how_many_are_left_is_not_told_of_a_selection(api, selector):
    meta = (await api.get(f"{MAPS}?limit=2&{selector}")).json()["metadata"]
    assert meta["continue"] and "remainingItemCount" not in meta


def token(**said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    ["x", "!!!", token(rv=1), token(start="default/a"), token(rv="x", start="a/b"),
     token(rv=None, start="a/b"), token(rv=1, start=7),
     base64.urlsafe_b64encode(b"[]").decode(), base64.urlsafe_b64encode(b"{").decode()],
)  # fmt: skip
async def test_a_token_that_is_none(api, text):
    answer = await api.get(f"{MAPS}?limit=1&continue={text}")
    assert status(answer) == (
        400, "BadRequest", "continue key is not valid: illegal base64 data",
    )  # fmt: skip


async def test_a_token_that_is_too_old_says_how_to_go_on(api, store):
    answer = await api.get(f"{MAPS}?limit=2&continue={token(rv=1, start='default/b')}")
    code, reason, said = status(answer)
    assert (code, reason) == (410, "Expired")
    assert said.startswith("The provided continue parameter is too old to display a consistent")
    after = answer.json()["metadata"]["continue"]
    rest = await api.get(f"{MAPS}?continue={after}")
    assert names(rest) == list("cde")
    assert rest.json()["metadata"]["resourceVersion"] == str(store.resource_version)


@pytest.mark.parametrize("text", ["x", "-1", "٣"])
async def test_a_limit_that_is_no_number(api, text):
    said = f'limit: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    assert status(await api.get(f"{MAPS}?limit={text}")) == (400, "BadRequest", said)


async def test_a_page_as_a_table(api):
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    answer = (await api.get(f"{MAPS}?limit=2", headers=accept)).json()
    assert [row["cells"][0] for row in answer["rows"]] == ["a", "b"]
    assert answer["metadata"]["remainingItemCount"] == 3
